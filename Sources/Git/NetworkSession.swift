/// What the sockets of one conversation share.
final class NetworkSession: Sendable {
  let deadline: ContinuousClock.Instant
  private let host: String
  private let port: Int

  init(_ address: RemoteAddress, deadline: ContinuousClock.Instant) {
    host = address.host
    port = address.effectivePort
    self.deadline = deadline
  }

  /// Whether a connection may be made: to the configured server and to no other.
  ///
  /// `GIT_REMOTE_REDIRECT_NONE` lets libgit2 follow a redirect to another port of the same host, and from https
  /// to http; here it ends.
  func allows(host: String, port: String) -> Bool {
    host.lowercased().filter { $0 != "[" && $0 != "]" } == self.host && port == String(self.port)
  }

  /// Milliseconds until the deadline, as poll(2) takes them; 0 once it is over.
  var pollTimeout: Int32 {
    let left = (deadline - ContinuousClock.now).components
    guard left.seconds >= 0, left.attoseconds >= 0 else { return 0 }
    let milliseconds = min(left.seconds, 1_000_000) * 1000 + left.attoseconds / 1_000_000_000_000_000
    return Int32(milliseconds) + 1
  }
}
