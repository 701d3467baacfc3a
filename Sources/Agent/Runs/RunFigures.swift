import FoundationEssentials
import Metrics
import Model
import RunDirectory

/// Counts a run that has ended, with what its events say of its steps.
struct RunFigures: Sendable {
  private let work = BlockingWork("run figures")

  /// A run of the pipeline has ended; of one that never began there is no more to count.
  static func count(_ state: RunState, of pipeline: String) {
    Counter(label: Measure.runsFinished.name, dimensions: [("pipeline", pipeline), ("state", state.rawValue)])
      .increment()
  }

  func note(_ run: Run, _ outcome: RunOutcome, in directory: RunDirectory) async {
    let pipeline = run.request.pipeline.name
    RunFigures.count(outcome.state, of: pipeline)
    // A directory that cannot be read counts nothing more: the run's end is recorded, and that is what matters.
    let events = (try? await work.run { try directory.events() }) ?? []
    if let began = events.first(where: { $0.event == .runStarted }) {
      Recorder(label: Measure.runWait.name, dimensions: [("pipeline", pipeline)])
        .record(max(0, began.at.timeIntervalSince(run.queuedAt)))
    }
    for event in events where event.event == .stepFinished {
      guard let wall = event.usage?.wall.value else { continue }
      let measure = event.step == 0 ? Measure.fetch : Measure.steps
      Recorder(label: measure.name, dimensions: [("pipeline", pipeline)]).record(wall)
      guard event.step == 0 else { continue }
      Counter(label: Measure.fetchBytes.name, dimensions: [("pipeline", pipeline)]).increment(by: event.received ?? 0)
    }
  }
}
