/// What of a commit is checked out, and what stays of earlier runs.
public struct CheckoutRule: Sendable, Hashable {
  /// Of files that the commit does not have.
  public enum Clean: String, Sendable {
    /// They are removed.
    case full
    /// They are removed but for those that the commit's `.gitignore` files name, as `git clean -d` does it.
    case ignoredKept
    /// They stay.
    case none
  }

  public var clean: Clean
  /// Submodules are fetched and checked out; their folders are empty otherwise.
  public var submodules: Bool
  /// `nil`: everything.
  public var sparse: SparseFolders?
  /// Files that are kept in Git LFS are to be fetched: only what goes into the workspace's configuration.
  public var largeFiles: Bool

  public init(
    clean: Clean = .full, submodules: Bool = true, sparse: SparseFolders? = nil, largeFiles: Bool = false
  ) {
    self.clean = clean
    self.submodules = submodules
    self.sparse = sparse
    self.largeFiles = largeFiles
  }

  /// Stands for it in the memory of a checkout, which is of no use under another rule; empty for the usual one.
  var mark: String {
    guard self != CheckoutRule() else { return "" }
    let text = "\(clean.rawValue) \(submodules) \(largeFiles)\n" + (sparse?.patterns ?? "")
    return "+"
      + SHA1.digest(of: Array(text.utf8)).prefix(8).map {
        $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16)
      }
      .joined()
  }
}

/// Folders of a commit that are checked out, with all below them; the files at the top, and of folders on the way to them, are as well.
///
/// This is the "cone mode" of git-sparse-checkout(1), and `git` in the workspace is told the same.
public struct SparseFolders: Sendable, Hashable {
  private let folders: [[UInt8]]
  /// The folders above them, without the top.
  private let above: Set<[UInt8]>

  /// - Parameter folders: relative paths without `..`, such as `src` and `docs/manual`.
  public init(_ folders: [String]) {
    let all = Set(folders.map { Array($0.utf8) }).sorted { $0.lexicographicallyPrecedes($1) }
    // What lies in another one adds nothing.
    self.folders = all.filter { folder in
      !all.contains { $0 != folder && folder.starts(with: $0 + [UInt8(ascii: "/")]) }
    }
    above = Set(
      self.folders.flatMap { folder in
        folder.indices.filter { folder[$0] == UInt8(ascii: "/") }.map { Array(folder[..<$0]) }
      })
  }

  /// Whether anything of the folder is checked out.
  func includes(folder path: [UInt8]) -> Bool {
    if above.contains(path) { return true }
    return folders.contains { path == $0 || path.starts(with: $0 + [UInt8(ascii: "/")]) }
  }

  /// The text of `info/sparse-checkout`, as git writes it.
  var patterns: String {
    func escaped(_ path: [UInt8]) -> String {
      String(decoding: path.flatMap { "*?[]\\".utf8.contains($0) ? [UInt8(ascii: "\\"), $0] : [$0] }, as: UTF8.self)
    }
    let parents = above.sorted { $0.lexicographicallyPrecedes($1) }
    return "/*\n!/*/\n" + parents.map { "/\(escaped($0))/\n!/\(escaped($0))/*/\n" }.joined()
      + folders.map { "/\(escaped($0))/\n" }.joined()
  }
}
