public import FoundationEssentials
import Glibc

/// `artifacts/` of a run's directory: the files that its steps have left to be kept, under their paths in the workspace.
///
/// It belongs to the runner, and so to whatever steps do: no link in it is followed, and not everything is counted.
public struct ArtifactFolder: Sendable, Hashable {
  public static let name = "artifacts"
  /// What a runner keeps of a run.
  public static let mostFiles = 1_000
  public static let mostBytes = 1 << 30

  /// One file.
  public struct Artifact: Codable, Sendable, Hashable {
    /// Relative, with slashes.
    public var path: String
    /// In bytes.
    public var size: Int
    public var modifiedAt: Date

    public init(path: String, size: Int, modifiedAt: Date) {
      self.path = path
      self.size = size
      self.modifiedAt = modifiedAt
    }
  }

  private let run: String

  init(run: String) { self.run = run }

  /// Sorted by path; at most ten times as many as a runner keeps.
  public func list() -> [Artifact] {
    guard let run = OpenFolder(run), let folder = OpenFolder(Self.name, in: run) else { return [] }
    var found: [Artifact] = []
    var left = Self.mostFiles * 20
    Self.walk(folder, "", &found, &left, depth: 0)
    return found.sorted { $0.path < $1.path }
  }

  private static func walk(
    _ folder: borrowing OpenFolder, _ path: String, _ found: inout [Artifact], _ left: inout Int, depth: Int
  ) {
    guard depth < 100 else { return }
    for name in folder.names(atMost: left) {
      left -= 1
      var status = stat()
      guard left > 0, let text = String(validating: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self),
        !text.hasPrefix(".new-"), fstatat(folder.descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0
      else { continue }
      switch status.st_mode & S_IFMT {
      case S_IFDIR:
        if let inner = OpenFolder(name, in: folder) { walk(inner, path + text + "/", &found, &left, depth: depth + 1) }
      case S_IFREG:
        let time = Double(status.st_mtim.tv_sec) + Double(status.st_mtim.tv_nsec) / 1e9
        found.append(
          Artifact(path: path + text, size: Int(status.st_size), modifiedAt: Date(timeIntervalSince1970: time)))
      default: continue
      }
    }
  }

  /// Opens one for reading; `nil` where there is no regular file of this path.
  public func open(_ path: String) -> LogFile? {
    guard let names = Self.components(path), let run = OpenFolder(run), let top = OpenFolder(Self.name, in: run) else {
      return nil
    }
    return Self.open(names[...], in: top)
  }

  private static func open(_ names: ArraySlice<String>, in folder: borrowing OpenFolder) -> LogFile? {
    guard let first = names.first else { return nil }
    if names.count == 1 { return LogFile(first, in: folder) }
    guard let inner = OpenFolder(first, in: folder) else { return nil }
    return open(names.dropFirst(), in: inner)
  }

  /// The parts of a path that leads nowhere else; `nil` for any other.
  public static func components(_ path: String) -> [String]? {
    let names = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard path.utf8.count <= 4096, names.count <= 100, !path.utf8.contains(0),
      names.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." && $0.utf8.count <= 255 })
    else { return nil }
    return names
  }
}

extension RunDirectory {
  /// The files that the run has kept.
  public var artifacts: ArtifactFolder { ArtifactFolder(run: path) }
}
