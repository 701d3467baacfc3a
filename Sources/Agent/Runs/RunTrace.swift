import FoundationEssentials
import Model
import RunDirectory
import Synchronization

/// What has been seen of one run in its directory. Reads files; used off the cooperative thread pool.
final class RunTrace: Sendable {
  private struct State {
    var reader: EventReader
    var began = false
    var hasEvents = false
    /// Under way, in the order in which they began.
    var openSteps: [(step: Int?, name: String?)] = []
    /// Steps that wait for a person, with the question.
    var asked: [(step: Int?, name: String?, question: String?)] = []
    var cgroup: String?
    var commit: CommitID?
    var wentBack = false
    /// Something of the pipeline was run.
    var hasDeployed = false
    var end: RunOutcome?

    /// What the run has made the newest commit of its ref.
    var deployed: CommitID? { wentBack ? nil : commit }

    var openStep: String? { openSteps.first?.name ?? asked.first?.name }

    /// What the run waits for, where nothing but people's answers is under way.
    var waiting: RunWatcher.Waiting? {
      guard openSteps.isEmpty, let first = asked.first else { return nil }
      let more = asked.count > 1 ? ", and \(asked.count - 1) more" : ""
      return RunWatcher.Waiting(
        what: "\"\(first.name ?? "step")\" waits for an approval: \(first.question ?? "")" + more, commit: commit)
    }
  }

  private let directory: RunDirectory
  private let state: Mutex<State>

  init(_ directory: RunDirectory) {
    self.directory = directory
    state = Mutex(State(reader: EventReader(path: directory.eventsPath)))
  }

  func look() -> RunWatcher.Sight {
    state.withLock { state in
      if let sight = readOn(&state) { return sight }
      // Before the lock is looked at: a runner that begins in between has the lock, or leaves traces, by the next time.
      let hadBegun = state.began || directory.hasTraces
      if directory.isLocked {
        state.began = true
        return .alive(waiting: state.waiting)
      }
      // The end may have been written between the two looks.
      if let sight = readOn(&state) { return sight }
      guard hadBegun else { return .notBegun }
      endWhatIsLeft(state)
      // It took the lock, and could not so much as begin to write.
      if !state.hasEvents, let words = WordsOfRunner.lastLine(in: directory) {
        return .dead(RunTrace.notStarted(words))
      }
      return .dead(
        RunOutcome(
          .interrupted, reason: "the runner died before the run had ended (killed, out of memory or power loss)",
          failedStep: state.openStep, commit: state.commit,
          // The line that says that a step began may not have come to disk.
          deployed: state.deployed))
    }
  }

  /// Closes the directory to a runner that never came, so that it cannot begin behind our back.
  /// - Returns: `nil` where it has come at last, or may come yet, because the directory cannot be closed now.
  func giveUp() -> RunOutcome? {
    let words = WordsOfRunner.lastLine(in: directory)
    // A runner that cannot do its work says why; one that was killed in its first moments says nothing.
    let outcome =
      words.map(RunTrace.notStarted)
      ?? RunOutcome(
        .interrupted,
        reason: "the runner never took the run's lock: it was killed in its first moments, or could not be started")
    // A directory that we cannot write is one that the runner cannot lock either.
    guard let lock = try? directory.lock() else { return directory.isLocked ? nil : outcome }
    // A runner that has said why it ends will not come late.
    guard let writer = try? EventWriter(directory) else { return words == nil ? nil : outcome }
    // That its file is there closes the directory; the line in it is for whoever reads there.
    let event = RunEvent(at: Date(), event: .runFinished, runState: outcome.state, reason: outcome.reason)
    try? writer.append(event, durable: true)
    _ = consume lock
    return outcome
  }

  private static func notStarted(_ words: String) -> RunOutcome {
    RunOutcome(.failed, reason: "the runner did not start: \(words)")
  }

  /// What the run's steps had started, before the run counts as interrupted. The guardian has done it where it lived;
  /// here it is for the case that both were killed.
  private func endWhatIsLeft(_ state: State) {
    if let cgroup = state.cgroup { ControlGroup(path: cgroup)?.kill() }
    guard let spec = try? directory.spec() else { return }
    StrayProcesses(ofRun: spec.number, workspace: spec.workspace).end()
  }

  private func readOn(_ state: inout State) -> RunWatcher.Sight? {
    if let end = state.end { return .ended(end) }
    do {
      while true {
        let events = try state.reader.next()
        if events.isEmpty { break }
        for (event, _) in events { note(event, &state) }
      }
    } catch {
      // Nothing to look with says nothing about the run: another look will tell.
      guard !error.isShortage else { return .alive(waiting: state.waiting) }
      // Still a run with a runner: wait for its end, then say what is wrong.
      guard !directory.isLocked else { return .alive(waiting: state.waiting) }
      endWhatIsLeft(state)
      return .dead(
        RunOutcome(
          .interrupted, reason: "\(error)", failedStep: state.openStep, commit: state.commit, deployed: state.deployed))
    }
    return state.end.map { .ended($0) }
  }

  private func note(_ event: RunEvent, _ state: inout State) {
    state.began = true
    state.hasEvents = true
    switch event.event {
    case .runStarted: state.cgroup = event.cgroup
    case .stepStarted:
      state.openSteps.append((event.step, event.name))
      if event.step != 0 { state.hasDeployed = true }
    case .stepFinished:
      state.openSteps.removeAll { $0.step == event.step }
      if let commit = event.commit { state.commit = commit }
      if event.wentBack == true { state.wentBack = true }
    case .waiting: state.asked.append((event.step, event.name, event.reason))
    case .answered: state.asked.removeAll { $0.step == event.step }
    case .stepSkipped, .stepRetried, .stopping: break
    case .runFinished:
      let said = event.runState.flatMap { $0.isFinal ? $0 : nil }
      state.end = RunOutcome(
        said ?? .failed, reason: event.reason ?? (said == nil ? "the runner did not say how the run ended" : nil),
        failedStep: event.failedStep, commit: state.commit, deployed: state.hasDeployed ? state.deployed : nil,
        supersededBy: event.supersededBy, took: event.usage?.wall)
    }
  }
}
