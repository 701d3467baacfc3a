/// What the sockets of one conversation share.
final class NetworkSession: Sendable {
  let deadline: ContinuousClock.Instant

  init(deadline: ContinuousClock.Instant) { self.deadline = deadline }

  /// Milliseconds until the deadline, as poll(2) takes them; 0 once it is over.
  var pollTimeout: Int32 {
    let left = (deadline - ContinuousClock.now).components
    guard left.seconds >= 0, left.attoseconds >= 0 else { return 0 }
    let milliseconds = min(left.seconds, 1_000_000) * 1000 + left.attoseconds / 1_000_000_000_000_000
    return Int32(milliseconds) + 1
  }
}
