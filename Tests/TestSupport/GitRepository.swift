public import Foundation

/// A repository made with the real `git`, for tests to fetch from and to compare with.
///
/// Neither the machine's nor the user's configuration has any influence, and authors and times are fixed, so the
/// same calls give the same ids.
public final class GitRepository: Sendable {
  private let directory: TemporaryDirectory
  /// The work tree, or the bare repository itself.
  public let path: String

  /// - Parameter branch: the first branch's name.
  public init(bare: Bool = false, branch: String = "main") throws {
    directory = try TemporaryDirectory("git")
    path = directory.file(bare ? "repository.git" : "repository")
    try Self.git(["init", "--quiet", "--initial-branch=\(branch)"] + (bare ? ["--bare"] : []) + [path], in: nil)
    if !bare {
      try git("config", "uploadpack.allowAnySHA1InWant", "false")
    }
  }

  /// The folder that the repository lies in, alone: a server's root.
  public var folder: String { directory.path }

  /// `file://` address of the repository.
  public var url: String { "file://\(path)" }

  /// Runs `git` in the repository; it must succeed.
  /// - Returns: its output without trailing newlines.
  @discardableResult
  public func git(_ arguments: String..., input: [UInt8] = []) throws -> String {
    try Self.git(arguments, in: path, input: input)
  }

  /// Writes a file of the work tree, without adding it.
  public func write(_ name: String, _ text: String, executable: Bool = false) throws {
    try write(name, Data(text.utf8), executable: executable)
  }

  public func write(_ name: String, _ bytes: Data, executable: Bool = false) throws {
    let url = URL(fileURLWithPath: "\(path)/\(name)")
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try bytes.write(to: url)
    try FileManager.default.setAttributes(
      [.posixPermissions: executable ? 0o755 : 0o644], ofItemAtPath: url.path)
  }

  /// Adds all that changed and commits it.
  /// - Returns: the commit's id.
  @discardableResult
  public func commit(_ message: String = "change") throws -> String {
    try git("add", "--all")
    try git("commit", "--quiet", "--allow-empty", "--message", message)
    return try git("rev-parse", "HEAD")
  }

  /// Writes one file and commits it.
  /// - Returns: the commit's id.
  @discardableResult
  public func commit(_ name: String, _ text: String) throws -> String {
    try write(name, text)
    return try commit("change \(name)")
  }

  /// Stores an object that `git` itself would refuse to make.
  /// - Returns: the object's id.
  public func store(_ type: String, _ bytes: [UInt8]) throws -> String {
    try git("hash-object", "-t", type, "-w", "--stdin", "--literally", input: bytes)
  }

  /// Stores a tree with these lines, in the order given and without any check.
  /// - Returns: the tree's id.
  public func storeTree(_ entries: [(mode: String, name: String, id: String)]) throws -> String {
    var bytes: [UInt8] = []
    for entry in entries {
      bytes += Array("\(entry.mode) \(entry.name)".utf8) + [0]
      var rest = Substring(entry.id)
      while !rest.isEmpty {
        bytes.append(UInt8(rest.prefix(2), radix: 16) ?? 0)
        rest = rest.dropFirst(2)
      }
    }
    return try store("tree", bytes)
  }

  /// Makes a commit of a tree and points the branch to it.
  /// - Returns: the commit's id.
  public func commit(tree: String, branch: String = "main") throws -> String {
    let id = try git("commit-tree", tree, "-m", "made by hand")
    try git("update-ref", "refs/heads/\(branch)", id)
    return id
  }

  /// Runs `git` anywhere, with the fixed environment; it must succeed.
  /// - Returns: its output without trailing newlines.
  @discardableResult
  public static func git(_ arguments: [String], in directory: String?, input: [UInt8] = []) throws -> String {
    try runChecked(["git"] + arguments, in: directory, env: environment, input: input)
  }

  /// What makes `git` deaf to the machine it runs on.
  public static let environment = [
    "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "HOME": "/nonexistent",
    "GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.com", "GIT_AUTHOR_DATE": "2026-01-02T03:04:05Z",
    "GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.com",
    "GIT_COMMITTER_DATE": "2026-01-02T03:04:05Z", "GIT_TERMINAL_PROMPT": "0", "GIT_ALLOW_PROTOCOL": "file:git:http:ssh",
    "LC_ALL": "C.UTF-8",
  ]
}
