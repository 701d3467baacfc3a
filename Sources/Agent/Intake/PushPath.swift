import FoundationEssentials
import Logging
import Metrics
import Model
import Pipelines
import Webhooks

/// The way of a delivery: receive → verify → record → match → enqueue → answer.
///
/// Matching comes before recording, because the verdict is part of the record; nothing has happened until the
/// record is on the disk, and then all of it has.
struct PushPath: Sendable {
  let rules: RulesInForce
  let store: any DeliveryStore
  let proof: ProofOfOrigin
  /// Told when runs were queued.
  let runsWereQueued: @Sendable () -> Void
  let logger: Logger
  /// Told when deliveries cannot be recorded, and when they can be again.
  var gaps = Gaps()
  /// Knows which deliveries tell of pushes that the agent has looked past.
  var lateness = Lateness()
  let largeBodies = LargeBodies()
  var now: @Sendable () -> Date = { Date() }

  func receive(_ request: HookRequest) async -> HookAnswer {
    let rules = rules.current
    guard let source = rules.sources[request.source] else { return .noSuchSource }
    // An address with another part is another address, unless its sender is proved by that part.
    guard request.token == nil || source.sender.takesToken else { return .noSuchSource }
    guard source.isUsable else { return withoutSecret(source) }

    let receivedAt = now()
    let signed = SignedRequest(
      request, of: source, publicURL: rules.publicURL, now: receivedAt.timeIntervalSince1970)

    let kept = request.withoutSecrets(source)
    switch await proof.check(signed, request, source) {
    case .genuine: break
    case .refused(let reason, let answer):
      await reject(kept, source, receivedAt, reason)
      return answer
    case .unknown(let reason):
      return unproved(source, reason)
    }

    await largeBodies.begin(request.body.count)
    defer { largeBodies.end(request.body.count) }
    do {
      let meaning = try source.sender.meaning(of: signed)
      let event = SenderEvent(meaning, of: signed, to: source.name, from: source.sender)
      let recorded = try await record(event, id: meaning.id, of: kept, receivedAt, rules)
      return meaning.reply.map { .reply($0, recorded) }
        ?? .recorded(recorded, startedStatus: source.sender.startedStatus)
    } catch let error as Unreadable {
      await reject(kept, source, receivedAt, error.description)
      switch error {
      case .mediaType(let reason): return .wrongMediaType(reason)
      case .body(let reason): return .malformed(reason)
      }
    } catch {
      gaps.refused()
      logger.log(
        level: .forFailure(error), "a delivery could not be recorded and was answered 503",
        metadata: [
          "event": "store_failed", "stage": "record", "source": "\(source.name)",
          "delivery_id": "\(source.sender.id(of: request.headers) ?? "-")", "error": "\(error)",
        ])
      return .unavailable(retryAfter: 30)
    }
  }

  /// Match → record → enqueue: what follows once a delivery is known to be genuine and has been read, when it comes
  /// in and when it is replayed.
  ///
  /// - Throws: `StoreFailure`; nothing has happened then.
  func record(
    _ event: SenderEvent, id: String?, of request: HookRequest, _ receivedAt: Date, _ rules: Ruleset,
    again replay: Replay? = nil
  ) async throws -> RecordedDelivery {
    var verdict = DeliveryMatching.decide(event, rules.pipelines)
    // Who has a delivery go through again wants its commit, also over a newer one.
    if replay != nil { for index in verdict.runs.indices { verdict.runs[index].mayGoBack = true } }
    let recorded = try await store.record(
      NewDelivery(
        source: request.source, way: request.way, id: replay?.original.id ?? id, event: event.name,
        receivedAt: receivedAt, address: request.address, headers: request.headers, body: request.body,
        ignored: verdict.ignored, decisions: verdict.decisions, runs: verdict.runs,
        moves: RefMove.told(by: event.pushes, to: rules.pipelines) {
          lateness.isLate(id, from: request.source, for: $0)
        }, replayOf: replay?.original.number, audit: replay?.audit))
    gaps.recorded()
    if recorded.isDoubtful { gaps.ended() }
    if !recorded.verdict.runs.isEmpty, !recorded.isRepeat { runsWereQueued() }
    count(request, recorded.isRepeat ? "repeated" : recorded.verdict.kind.rawValue)
    log(recorded, request.source)
    return recorded
  }

  private func withoutSecret(_ source: Source) -> HookAnswer {
    logger.error(
      "a delivery was answered 503: its source has no secret to verify it with",
      metadata: ["event": "no_secret", "stage": "verify", "source": "\(source.name)"])
    return .unavailable(retryAfter: 300)
  }

  /// Nothing is recorded: the sender posts it again, and then its service may answer.
  private func unproved(_ source: Source, _ reason: String) -> HookAnswer {
    logger.error(
      "a delivery was answered 503: nobody could say whether it is genuine",
      metadata: ["event": "not_proved", "stage": "verify", "source": "\(source.name)", "reason": "\(reason)"])
    return .unavailable(retryAfter: 60)
  }

  private func reject(_ request: HookRequest, _ source: Source, _ receivedAt: Date, _ reason: String) async {
    let id = source.sender.id(of: request.headers)
    await store.recordRejected(
      NewDelivery(
        source: source.name, way: request.way, id: id, event: nil, receivedAt: receivedAt, address: request.address,
        headers: request.headers, body: request.body, ignored: nil, decisions: [], runs: []),
      reason: reason)
    count(request, Verdict.Kind.rejected.rawValue)
    logger.warning(
      "a delivery was rejected",
      metadata: [
        "event": "delivery_rejected", "stage": "verify", "source": "\(source.name)", "delivery_id": "\(id ?? "-")",
        "address": "\(request.address ?? "-")", "reason": "\(reason)",
      ])
  }

  /// - Parameter request: of a source that is configured: others do not come this far.
  private func count(_ request: HookRequest, _ verdict: String) {
    Counter(
      label: Measure.deliveries.name,
      dimensions: [("source", request.source), ("verdict", verdict), ("way", request.way.rawValue)]
    ).increment()
  }

  private func log(_ recorded: RecordedDelivery, _ source: String) {
    logger.info(
      "a delivery was recorded",
      metadata: [
        "event": "delivery", "stage": "record", "source": "\(source)", "delivery": "\(recorded.number)",
        "verdict": "\(recorded.verdict.sentence)", "repeat": "\(recorded.isRepeat)",
      ])
  }
}
