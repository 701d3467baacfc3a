import Synchronization

/// What the sockets of one conversation share: where it may go, how far it is, and the limits on it.
final class NetworkSession: Sendable {
  let limits: NetworkLimits
  /// TLS or SSH lies over the connection. `connected` tells that its keys are exchanged.
  let exchangesKeys: Bool
  /// libssh2 reads the socket itself, so that no wait of ours keeps the limits.
  let isReadElsewhere: Bool
  private let deadline: ContinuousClock.Instant
  private let host: String
  private let port: Int
  private let state: Mutex<State>

  private struct State {
    var phase = NetworkPhase()
    /// By when the present connection has to stand.
    var connectBy: ContinuousClock.Instant
    /// When the last connection, or work on what it brought, got on.
    var lastActivity = ContinuousClock.now
    var received = 0
    var exceeded: (NetworkLimit, NetworkPhase)?
  }

  init(_ address: RemoteAddress, policy: RemotePolicy) {
    host = address.host
    port = address.effectivePort
    exchangesKeys = ["https", "ssh"].contains(address.scheme)
    isReadElsewhere = address.scheme == "ssh"
    deadline = policy.deadline
    limits = policy.limits
    state = Mutex(State(connectBy: policy.deadline))
  }

  /// Whether a connection may be made: to the configured server and to no other.
  ///
  /// `GIT_REMOTE_REDIRECT_NONE` lets libgit2 follow a redirect to another port of the same host, and from https
  /// to http; here it ends.
  func allows(host: String, port: String) -> Bool {
    host.lowercased().filter { $0 != "[" && $0 != "]" } == self.host && port == String(self.port)
  }

  // MARK: How far it is

  /// What is asked for from now on.
  func enter(_ stage: NetworkPhase.Stage) { state.withLock { $0.phase.stage = stage } }

  /// A connection is begun; it has to stand within the limit.
  func beginConnecting() {
    state.withLock {
      $0.phase.step = .lookup
      $0.connectBy = min(deadline, .now + limits.connect)
    }
  }

  /// The name is resolved.
  func resolved() { state.withLock { $0.phase.step = .connecting } }

  /// The TCP connection stands.
  func opened() {
    state.withLock {
      $0.phase.step = exchangesKeys ? .exchangingKeys : .talking
      $0.lastActivity = .now
    }
  }

  /// Keys are exchanged, where there are any.
  func connected() {
    state.withLock {
      $0.phase.step = .talking
      $0.lastActivity = .now
    }
  }

  /// What was received is being worked on, so nobody waits for the server.
  func noteActivity() { state.withLock { $0.lastActivity = .now } }

  // MARK: Limits

  /// Until when the socket may be waited for, and the limit that is reached then.
  /// - Parameter isFirst: nothing has come since the last question.
  func limit(waitingForFirst isFirst: Bool) -> (ContinuousClock.Instant, NetworkLimit) {
    state.withLock { state in
      if state.phase.step != .talking {
        return state.connectBy < deadline ? (state.connectBy, .connect) : (deadline, .total)
      }
      let next = ContinuousClock.now + (isFirst ? limits.firstByte : limits.stall)
      return next < deadline ? (next, isFirst ? .firstByte : .stall) : (deadline, .total)
    }
  }

  /// For a connection that others read: the limit that it has reached by now.
  /// - Parameters:
  ///   - silence: how long the server has said nothing.
  ///   - sinceQuestion: how long ago something was sent to it.
  ///   - received: bytes so far.
  func reached(silence: Duration, sinceQuestion: Duration, received: Int) -> NetworkLimit? {
    state.withLock { state in
      let now = ContinuousClock.now
      if now >= deadline { return .total }
      if state.phase.step != .talking { return now >= state.connectBy ? .connect : nil }
      if let limit = tooMuch(received, in: state.phase) { return limit }
      let worked = state.lastActivity.duration(to: now)
      if sinceQuestion < silence { return min(sinceQuestion, worked) >= limits.firstByte ? .firstByte : nil }
      return min(silence, worked) >= limits.stall ? .stall : nil
    }
  }

  /// Counts what came.
  /// - Returns: whether it may go on.
  func receive(_ count: Int) -> Bool {
    state.withLock { state in
      state.received += count
      guard state.exceeded == nil else { return false }
      guard let limit = tooMuch(state.received, in: state.phase) else { return true }
      state.exceeded = (limit, state.phase)
      return false
    }
  }

  private func tooMuch(_ received: Int, in phase: NetworkPhase) -> NetworkLimit? {
    if received > limits.bytes { return .bytes }
    return phase.stage == .refs && received > NetworkLimits.refBytes ? .refs : nil
  }

  /// Records that the conversation is ended at this limit; the first one counts.
  func exceed(_ limit: NetworkLimit) {
    state.withLock { if $0.exceeded == nil { $0.exceeded = (limit, $0.phase) } }
  }

  /// The limit at which the conversation was ended, and how far it was.
  var exceeded: (limit: NetworkLimit, phase: NetworkPhase)? {
    state.withLock { state in
      if let exceeded = state.exceeded { return exceeded }
      return ContinuousClock.now >= deadline ? (.total, state.phase) : nil
    }
  }
}

extension ContinuousClock.Instant {
  /// Whole milliseconds until this instant, rounded up, as poll(2) takes them; 0 once it is over.
  var pollTimeout: Int32 {
    let left = (self - ContinuousClock.now).components
    guard left.seconds >= 0, left.attoseconds >= 0 else { return 0 }
    return Int32(min(left.seconds, 1_000_000) * 1000 + left.attoseconds / 1_000_000_000_000_000) + 1
  }
}
