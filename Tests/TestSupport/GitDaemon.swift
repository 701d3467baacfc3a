/// `git daemon` on a port of its own: every repository below a folder, over git://.
public final class GitDaemon: Sendable {
  private let process: ServerProcess
  private let directory: TemporaryDirectory
  public let port: Int

  /// - Parameter root: the folder; `git://127.0.0.1:port/name` is `root/name`.
  public init(root: String) throws {
    directory = try TemporaryDirectory("git-daemon")
    port = try Loopback.freePort()
    process = try ServerProcess(
      [
        "git", "daemon", "--listen=127.0.0.1", "--port=\(port)", "--reuseaddr", "--export-all",
        "--informative-errors", "--base-path=\(root)", root,
      ], env: GitRepository.environment, output: directory.file("log"))
    try process.waitUntilListening(on: port)
  }

  /// The address of the repository `name` below the root.
  public func url(_ name: String) -> String { "git://127.0.0.1:\(port)/\(name)" }

  public func stop() { process.stop() }
}
