import FoundationEssentials
import Logging
import Model
import RunDirectory

/// Sees to it that of the runs which wait for one pipeline and ref only the newest is run, where the pipeline wants that
/// (`concurrency.mode` latest and cancel), and that it need not wait for an older one (cancel).
///
/// What is newest is asked of the repository, never taken from the order of arrival alone. Where it cannot be asked,
/// nobody is superseded: the oldest goes first. Everything here is decided anew from the store after a restart.
actor Superseding {
  private struct Line: Hashable {
    let pipeline: String
    let repository: String
    let ref: RefName

    init(_ run: Run) {
      pipeline = run.request.pipeline.name
      repository = run.request.pipeline.repository.identity
      ref = run.request.ref
    }
  }

  private let store: any RunStore
  private let order: any CommitOrder
  private let area: RunArea
  private let runner: RunnerMessages
  private let logger: Logger

  /// The run that was found to be the newest of its line. It is not asked about again, so that a steady stream of pushes
  /// cannot keep it from ever beginning.
  private var chosen: [Line: Int] = [:]
  /// How far the line behind a run that is under way was asked about; by the run's number.
  private var asked: [Int: Int] = [:]
  /// The runs that were told to end.
  private var told: Set<Int> = []

  /// Commits in one question.
  static let width = 500
  private static let timeout: Seconds = 60

  init(store: any RunStore, order: any CommitOrder, area: RunArea, logger: Logger) {
    self.store = store
    self.order = order
    self.area = area
    self.logger = logger
    runner = RunnerMessages(area: area)
  }

  /// Asked when it is the turn of `run`.
  /// - Returns: false where another has taken its place.
  func mayBegin(_ run: Run, _ rules: Ruleset) async -> Bool {
    let line = Line(run)
    if chosen[line] == run.number {
      chosen[line] = nil
      return true
    }
    var isGone = false
    do {
      while true {
        let waiting = try await store.waiting(like: run, limit: Superseding.width)
        guard waiting.mode != .queue, waiting.entries.count > 1 else { return !isGone }
        let answer = try await ask(waiting.entries, of: run, rules)
        let gone = try await supersede(waiting.entries, answer, like: run)
        isGone = isGone || gone.contains(run.number)
        // Of a longer line, the next part is compared with the newest of this one.
        if !waiting.isWhole, !gone.isEmpty { continue }
        if isGone, let newest = answer.newest { chosen[line] = waiting.entries[newest].number }
        return !isGone
      }
    } catch {
      note(error, of: run)
      return !isGone
    }
  }

  /// Asked for a run that is under way, whenever something was queued: in mode `cancel` a newer one takes its place.
  /// - Returns: whether there was anything to decide.
  func makeWay(_ run: Run, _ rules: Ruleset) async -> Bool {
    do {
      let waiting = try await store.waiting(like: run, limit: Superseding.width)
      guard waiting.mode == .cancel, let last = waiting.entries.last, last.number > asked[run.number] ?? 0 else {
        return false
      }
      asked[run.number] = last.number
      // It was there first, whatever its number.
      let under = WaitingRuns.Entry(
        number: run.number, commit: run.request.commit, mayGoBack: run.request.mayGoBack ?? false)
      let all = [under] + waiting.entries
      let answer = try await ask(all, of: run, rules)
      guard let newest = answer.newest, newest > 0 else { return true }
      _ = try await supersede(waiting.entries, shifted(answer), like: run)
      guard answer.older.contains(0), !told.contains(run.number) else { return true }
      chosen[Line(run)] = all[newest].number
      try await tell(run, supersededBy: all[newest].number)
    } catch {
      note(error, of: run)
    }
    return true
  }

  /// The run is over.
  func forget(_ run: Run) {
    asked[run.number] = nil
    told.remove(run.number)
  }

  /// The same, without the first place.
  private func shifted(_ answer: OrderAnswer) -> OrderAnswer {
    OrderAnswer(newest: answer.newest.map { $0 - 1 }, older: answer.older.filter { $0 > 0 }.map { $0 - 1 })
  }

  private func ask(_ entries: [WaitingRuns.Entry], of run: Run, _ rules: Ruleset) async throws -> OrderAnswer {
    let repository = run.request.pipeline.repository
    let answer = try await order.order(
      OrderQuestion(
        url: repository.url, credentials: rules.credentials, allowedSchemes: rules.allowedSchemes,
        mirror: area.mirror(of: repository), ref: run.request.ref, commits: entries.map(\.commit),
        timeout: Superseding.timeout))
    guard (answer.older + [answer.newest].compactMap(\.self)).allSatisfy(entries.indices.contains) else {
      throw RunnerProbe.Failure(description: "the runner answered something else than it was asked")
    }
    return answer
  }

  /// - Returns: the numbers of those that are gone.
  private func supersede(
    _ entries: [WaitingRuns.Entry], _ answer: OrderAnswer, like run: Run
  ) async throws -> [Int] {
    guard let newest = answer.newest else { return [] }
    // What a person asked for after a newer commit had come is wanted all the same.
    let older = answer.older.filter { $0 < newest || !entries[$0].mayGoBack }
    let by = entries[newest].number
    let gone = try await store.supersede(older.map { entries[$0].number }, by: by, at: Date())
    let pipeline = run.request.pipeline.name
    for entry in entries where gone.contains(entry.number) {
      RunFigures.count(.superseded, of: pipeline)
      logger.info(
        "run \(entry.number) superseded by run \(by)",
        metadata: [
          "event": "run_finished", "stage": "finish", "run": "\(entry.number)", "pipeline": "\(pipeline)",
          "delivery": "\(entry.delivery.map(String.init) ?? "-")", "state": "superseded", "by": "\(by)",
        ])
    }
    return gone
  }

  private func tell(_ run: Run, supersededBy newer: Int) async throws {
    let reply = try await runner.tell(run.number, ControlMessage(action: .supersede, run: newer)) {
      [.running, .waiting].contains(try await self.store.run(number: run.number)?.state)
    }
    if reply.ok { told.insert(run.number) }
    logger.info(
      reply.ok
        ? "run \(run.number) is ended for run \(newer)" : "run \(run.number) goes on to its end before run \(newer)",
      metadata: [
        "event": "run_superseded", "run": "\(run.number)", "delivery": run.shownDelivery, "by": "\(newer)",
        "reason": "\(reply.error ?? "-")",
      ])
  }

  private func note(_ error: any Error, of run: Run) {
    guard !(error is CancellationError), !Task.isCancelled else { return }
    logger.warning(
      "which of the waiting runs is the newest could not be found out; the oldest goes first",
      metadata: [
        "event": "order_unknown", "run": "\(run.number)", "delivery": run.shownDelivery,
        "pipeline": "\(run.request.pipeline.name)", "error": "\(error)",
      ])
  }
}
