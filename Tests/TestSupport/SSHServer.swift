import Foundation

/// A real `sshd` on a port of its own, run by and for the user of the test, with one key that is let in.
public final class SSHServer: Sendable {
  private let process: ServerProcess
  private let directory: TemporaryDirectory
  public let port: Int
  /// The private key that is let in, as text.
  public let privateKey: String

  /// Why there can be no server on this machine; `nil` where there can.
  public static var unavailable: String? {
    if findProgram("sshd") == nil { return "sshd is not installed (apt package openssh-server)" }
    if findProgram("ssh-keygen") == nil { return "ssh-keygen is not installed (apt package openssh-client)" }
    return nil
  }

  /// - Parameters:
  ///   - hostKeys: types of the server's keys, as `ssh-keygen -t` takes them.
  ///   - userKey: type of the key that is let in.
  ///   - path: a folder in which programs are looked for first.
  public init(hostKeys: [String] = ["ed25519"], userKey: String = "ed25519", path: String? = nil) throws {
    guard let sshd = findProgram("sshd") else { throw CommandFailure("sshd is not installed") }
    let directory = try TemporaryDirectory("sshd")
    let port = try Loopback.freePort()
    func keygen(_ type: String, _ file: String) throws {
      try runChecked(["ssh-keygen", "-q", "-t", type, "-N", "", "-C", "test", "-f", directory.file(file)])
    }
    for type in hostKeys { try keygen(type, "host_\(type)") }
    try keygen(userKey, "user")
    privateKey = try directory.read("user")
    try directory.write("authorized_keys", try directory.read("user.pub"), mode: 0o600)
    var environment = GitRepository.environment.filter { $0.key.hasPrefix("GIT_CONFIG") }
    if let path { environment["PATH"] = "\(path):/usr/bin:/bin" }
    try directory.write(
      "config",
      """
      ListenAddress 127.0.0.1:\(port)
      \(hostKeys.map { "HostKey \(directory.file("host_\($0)"))" }.joined(separator: "\n"))
      AuthorizedKeysFile \(directory.file("authorized_keys"))
      PidFile none
      StrictModes no
      UsePAM no
      PasswordAuthentication no
      KbdInteractiveAuthentication no
      PermitRootLogin prohibit-password
      PubkeyAcceptedAlgorithms +ssh-rsa
      SetEnv \(environment.map { "\($0.key)=\($0.value)" }.joined(separator: " "))
      LogLevel VERBOSE
      """)
    // Privilege separation wants this folder where the server runs as root.
    if getuid() == 0 { mkdir("/run/sshd", 0o755) }
    process = try ServerProcess(
      [sshd, "-D", "-e", "-f", directory.file("config")], output: directory.file("log"))
    self.directory = directory
    self.port = port
    try process.waitUntilListening(on: port)
  }

  /// `ssh://` address of a path on this machine.
  public func url(_ path: String) -> String { "ssh://\(NSUserName())@127.0.0.1:\(port)\(path)" }

  /// known_hosts lines for the server's keys.
  public var knownHosts: String {
    get throws {
      try FileManager.default.contentsOfDirectory(atPath: directory.path)
        .filter { $0.hasPrefix("host_") && $0.hasSuffix(".pub") }
        .map { name in
          let words = try directory.read(name).split(separator: " ")
          return "[127.0.0.1]:\(port) \(words[0]) \(words[1])\n"
        }.joined()
    }
  }

  /// The fingerprint of the server's key of this type, as `ssh-keygen -l` prints it.
  public func fingerprint(_ type: String = "ed25519") throws -> String {
    let line = try runChecked(["ssh-keygen", "-l", "-f", directory.file("host_\(type).pub")])
    return String(line.split(separator: " ")[1])
  }

  /// What sshd has written so far.
  public var log: String { process.log }

  public func stop() { process.stop() }
}
