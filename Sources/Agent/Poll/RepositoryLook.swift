import FoundationEssentials
import Logging
import Metrics
import Model
import Pipelines
import RunDirectory

/// The way of a push that nobody told of: remember → look → compare → record.
///
/// What is remembered is read before the look, and what was seen counts only where it is still the same when the push
/// is recorded: so a webhook that comes in between is never overtaken by an older commit.
struct RepositoryLook: Sendable {
  let store: any DeliveryStore & HandledRefStore
  let ask: Poller.Ask
  let runsWereQueued: @Sendable () -> Void
  let logger: Logger

  /// For the whole of one question.
  private static let timeout: Seconds = 30

  /// Why a look came to nothing, in a sentence for the log and `pushrod doctor`.
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// - Parameter pipelines: of one repository, with one address.
  /// - Throws: `Failure`, `StoreFailure`; what was recorded before stays, and the rest is found by the next look.
  func carryOut(at repository: RepositoryURL, for pipelines: [Pipeline], _ rules: Ruleset) async throws {
    var handled: [HandledRefs] = []
    for pipeline in pipelines {
      handled.append(try await store.handledRefs(pipeline: pipeline.name, repository: repository.identity))
    }
    let tips = try await tips(of: repository, rules)
    guard !Task.isCancelled else { return }
    if tips.isEmpty, handled.contains(where: { !$0.refs.isEmpty }) {
      // Rather a server in trouble than a repository without anything in it; if all refs were forgotten now, they would
      // all be new when it is well again.
      throw Failure(
        description:
          "\(repository) shows neither branches nor tags, though it had some; nothing was concluded from that.")
    }
    var interested: [RefChange: [Pipeline]] = [:]
    for (pipeline, handled) in zip(pipelines, handled) {
      guard let trigger = pipeline.triggers.push else { continue }
      let comparison = RefComparison(of: tips, with: handled, watching: trigger)
      Counter(label: Measure.tipsCompared.name).increment(by: tips.count)
      if comparison.begins { try await begin(pipeline, comparison) }
      for change in comparison.changes where try await isNews(change, to: pipeline) {
        interested[change, default: []].append(pipeline)
      }
    }
    for (change, pipelines) in interested.sorted(by: { $0.key.ref.full < $1.key.ref.full }) {
      try await record(change, of: repository, for: pipelines)
    }
  }

  /// Of deliveries that came out of order, the memory is the last one's. A tip that was run before is not run again for
  /// that, unless what was told of later has been put over it.
  private func isNews(_ change: RefChange, to pipeline: Pipeline) async throws -> Bool {
    guard case .moved(let last, let tip) = change else { return true }
    let (name, identity) = (pipeline.name, pipeline.repository.identity)
    switch try await store.whereabouts(of: tip, pipeline: name, repository: identity) {
    case .notRun: return true
    case .undecided: return false
    case .ranLast(let run):
      try await store.settle(tip, by: run, since: last.commit, pipeline: name, repository: identity)
      logger.info(
        "a ref stands where it was run last, although another commit was told of later",
        metadata: [
          "event": "poll_settled", "pipeline": "\(name)", "ref": "\(tip.ref)", "commit": "\(tip.commit.short)",
          "run": "\(run)",
        ])
      return false
    }
  }

  private func tips(of repository: RepositoryURL, _ rules: Ruleset) async throws -> [RefTip] {
    let answer = try await ask(
      ProbeRequest(
        remotes: [
          .init(url: repository.url, credentials: rules.credentials, allowedSchemes: rules.allowedSchemes)
        ], timeout: RepositoryLook.timeout, limits: rules.fetchLimits))
    guard let remote = answer.remotes.first, let tips = remote.tips else {
      throw Failure(description: answer.remotes.first?.error ?? "\(repository) gave no answer.")
    }
    return tips.compactMap { tip in
      guard let ref = RefName(tip.name), ref.branch != nil || ref.tag != nil, let id = CommitID(tip.id) else {
        return nil
      }
      let commit = tip.peeled.flatMap { CommitID($0) }
      return RefTip(ref: ref, commit: commit ?? id, tag: commit == nil ? nil : id)
    }
  }

  private func begin(_ pipeline: Pipeline, _ comparison: RefComparison) async throws {
    try await store.watch(
      pipeline: pipeline.name, repository: pipeline.repository.identity, watched: comparison.watched,
      seen: comparison.firstSeen, dropped: comparison.dropped, at: Date())
    logger.info(
      "refs are watched from where they stand now",
      metadata: [
        "event": "poll_began", "stage": "compare", "pipeline": "\(pipeline.name)",
        "repository": "\(pipeline.repository)",
        "refs": "\(comparison.firstSeen.count)",
      ])
  }

  private func record(_ change: RefChange, of repository: RepositoryURL, for pipelines: [Pipeline]) async throws {
    let seen = PolledPush(change, of: repository)
    var answer = DeliveryMatching.decide(seen.event, pipelines)
    for index in answer.runs.indices { answer.runs[index].trigger = .poll }
    let recorded = try await store.record(
      NewDelivery(
        source: Way.poll.rawValue, way: .poll, id: nil, event: "push", receivedAt: Date(),
        address: nil, headers: Headers(), body: try seen.body(), ignored: answer.ignored, decisions: answer.decisions,
        runs: answer.runs,
        moves: pipelines.map { change.move(for: $0) }))
    if !recorded.verdict.runs.isEmpty { runsWereQueued() }
    Counter(
      label: Measure.deliveries.name,
      dimensions: [
        ("source", Way.poll.rawValue), ("verdict", recorded.verdict.kind.rawValue), ("way", Way.poll.rawValue),
      ]
    ).increment()
    logger.info(
      "a push was found by comparing tips",
      metadata: [
        "event": "delivery", "stage": "record", "source": "poll", "delivery": "\(recorded.number)",
        "repository": "\(repository)",
        "ref": "\(change.ref)", "verdict": "\(recorded.verdict.sentence)",
      ])
  }
}
