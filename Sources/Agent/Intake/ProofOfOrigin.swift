import Model
import Webhooks

/// The first half of a delivery's way: whether it is from who it says.
struct ProofOfOrigin: Sendable {
  enum Answer {
    case genuine
    /// - Parameters:
    ///   - reason: for the operator.
    ///   - answer: for the sender, the same for every cause of a bad signature.
    case refused(reason: String, answer: HookAnswer)
    /// Nobody could say: the sender has to come back.
    case unknown(reason: String)
  }

  /// For senders that only their own service can vouch for.
  let verification: any RemoteVerification

  func check(_ signed: SignedRequest, _ request: HookRequest, _ source: Source) async -> Answer {
    if source.sender.takesToken, request.way == .relay || request.way == .forward {
      return .refused(
        reason: "\(source.sender.name) signs nothing, and what came through others has no token: it proves nothing",
        answer: .forbidden)
    }
    if request.isRewritten, let reason = RewrittenBody.refusal(request.headers) {
      return .refused(reason: reason, answer: .wrongMediaType(reason))
    }
    let check = source.sender.check(signed, secrets: source.secrets)
    switch check {
    case .valid:
      return .genuine
    case .invalid(let reason):
      // A signature that is missing was not lost by the relay.
      let reason = request.isRewritten && check.doesNotFit ? "\(reason); \(RewrittenBody.doubt)" : reason
      return .refused(reason: reason, answer: source.sender.isUnsignedPing(signed) ? .ping : .forbidden)
    case .ambiguous(let reason):
      return .refused(reason: reason, answer: .malformed(reason))
    case .undecided:
      return await ask(signed, source)
    }
  }

  private func ask(_ signed: SignedRequest, _ source: Source) async -> Answer {
    let question = RemoteQuestion(
      api: source.options.api, clientID: source.options.clientID ?? "", clientSecrets: source.secrets,
      webhookID: source.options.webhookID ?? "", headers: signed.headers, body: signed.body)
    switch await verification.answer(to: question) {
    case .genuine: return .genuine
    case .forged(let reason): return .refused(reason: reason, answer: .forbidden)
    case .unavailable(let reason): return .unknown(reason: reason)
    }
  }
}

extension SignedRequest {
  /// What `source` got, as its sender signed it.
  init(_ request: HookRequest, of source: Source, publicURL: String?, now: Double) {
    self.init(
      headers: request.headers, body: request.body, url: request.address(at: source, publicURL: publicURL), now: now,
      tolerance: source.tolerance, options: source.options)
  }
}

extension HookRequest {
  /// The address that the sender posted to, exactly as it wrote it; `nil` where that is not known.
  ///
  /// A sender that is proved by a token in its address needs no more of it than its path, and without a token there
  /// is nothing to prove it by.
  fileprivate func address(at source: Source, publicURL: String?) -> String? {
    let path = "/webhook/\(source.name)"
    if source.sender.takesToken { return token.map { "\(path)/\($0)" } }
    return publicURL.map { "\($0)\(path)" + (query.map { "?\($0)" } ?? "") }
  }
}
