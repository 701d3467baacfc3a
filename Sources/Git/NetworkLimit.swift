/// The limit at which a conversation was ended from here.
enum NetworkLimit: Sendable, Hashable {
  case connect, firstByte, stall, total, bytes, refs
}

/// Where in a conversation something happened.
struct NetworkPhase: Sendable, Hashable {
  /// What the connection is for.
  enum Stage: Sendable { case refs, objects }
  /// How far the connection is.
  enum Step: Sendable { case lookup, connecting, exchangingKeys, talking }

  var stage = Stage.refs
  var step = Step.lookup
}

extension NetworkLimit {
  /// The failure of a conversation that was ended at this limit, in words that name it, the phase, and what to do.
  func failure(
    in phase: NetworkPhase, limits: NetworkLimits, address: RemoteAddress, operation: String, detail: String
  ) -> GitFailure {
    let (server, shown) = (address.server, address.shown)
    let asked = phase.stage == .refs ? "its refs" : "the commits"
    let sentence: String
    switch self {
    case .connect:
      sentence = connectSentence(in: phase, limits: limits, address: address)
    case .firstByte:
      sentence = """
        \(server) did not begin to answer within \(Self.words(limits.firstByte)) (`limits.fetch.first_byte`) when it was \
        asked for \(asked) of \(shown). It may be overloaded: look at its log, or raise the limit.
        """
    case .stall:
      sentence = """
        \(server) sent nothing for \(Self.words(limits.stall)) (`limits.fetch.stall`) in the middle of \(asked) of \
        \(shown). Look at the network between and at the server's log, or raise the limit.
        """
    case .total:
      sentence = """
        \(server) took too long: the time for fetching (`limits.fetch.total`) was over while \(phase.words) \
        \(shown). Look at why it takes so long, or raise the limit.
        """
    case .bytes:
      sentence = """
        \(server) sent more than \(limits.bytes) bytes (`limits.fetch.bytes`) for \(shown), and was cut off. If the \
        repository is that large, raise the limit.
        """
    case .refs:
      sentence = """
        \(server) listed more than \(NetworkLimits.refBytes) bytes of refs for \(shown), and was cut off. No \
        repository that can be deployed has so many; look at what answers there.
        """
    }
    let kind: GitFailure.Kind =
      switch self {
      case .connect, .firstByte, .stall: .network
      case .total: .deadline
      case .bytes, .refs: .tooMuch
      }
    return GitFailure(
      kind, operation: operation, sentence, detail: detail, repetition: kind == .network ? .mayPass : .never)
  }

  private func connectSentence(in phase: NetworkPhase, limits: NetworkLimits, address: RemoteAddress) -> String {
    let time = "within \(Self.words(limits.connect)) (`limits.fetch.connect`)"
    switch phase.step {
    case .lookup:
      return "The name \(address.host) was not resolved \(time). Check this machine's DNS."
    case .connecting:
      return """
        \(address.server) did not take the connection \(time): nothing answers there, or a firewall on the way drops \
        it. Check host and port of \(address.shown).
        """
    case .exchangingKeys, .talking:
      let protocolName = address.scheme == "ssh" ? "SSH" : "TLS"
      return """
        \(address.server) took the connection, but had not exchanged keys (\(protocolName)) \(time). It may be \
        overloaded, or speak something else on this port: check \(address.shown).
        """
    }
  }

  /// `30 s`, `250 ms`.
  private static func words(_ duration: Duration) -> String {
    let (seconds, attoseconds) = duration.components
    let milliseconds = seconds * 1000 + attoseconds / 1_000_000_000_000_000
    return milliseconds % 1000 == 0 ? "\(seconds) s" : "\(milliseconds) ms"
  }
}

extension NetworkPhase {
  fileprivate var words: String {
    switch step {
    case .lookup: "looking up the host of"
    case .connecting: "connecting for"
    case .exchangingKeys: "exchanging keys for"
    case .talking: stage == .refs ? "listing the refs of" : "receiving the commits of"
    }
  }
}
