public import Foundation
public import Model
import TestSupport

/// The processes of runs, and how to end them in ways that nobody is prepared for.
extension AgentUnderTest {
  /// In the environment of everything that this agent's steps start.
  public var mark: String { "PUSHROD_WORKSPACE=" + area.file("data/workspaces") }

  /// What steps have started and that is still there.
  public var stepProcesses: [pid_t] { Processes.marked(mark) }

  /// What the runner has written down so far.
  public func events(_ run: Int) -> [RunEvent] {
    let text = (try? String(contentsOfFile: runDirectory(run) + "/events.jsonl", encoding: .utf8)) ?? ""
    let decoder = JSON.decoder()
    return text.split(separator: "\n").compactMap { try? decoder.decode(RunEvent.self, from: Data($0.utf8)) }
  }

  /// The runner of a run, and its guardian.
  public func runner(of run: Int) throws -> (runner: pid_t, guardian: pid_t) {
    guard let pid = events(run).first(where: { $0.event == .runStarted })?.pid.map({ pid_t($0) }),
      let guardian = Processes.parent(of: pid)
    else { throw CommandFailure("run \(run) has no runner") }
    return (pid, guardian)
  }

  /// kill -9 of runner and guardian, neither of which may notice that the other has gone.
  public func killRunner(of run: Int) throws {
    let (runner, guardian) = try runner(of: run)
    for pid in [guardian, runner] { kill(pid, SIGSTOP) }
    for pid in [guardian, runner] { kill(pid, SIGKILL) }
  }

  /// Where a run stands, in the words of these tests.
  public enum Phase: String, Sendable, CaseIterable, CustomStringConvertible {
    case fetch, checkout, step, finally

    public var description: String { rawValue }
  }

  /// Waits until a run of a pipeline with one step and one `finally` step is in a phase.
  /// - Throws: `CommandFailure` where it has passed it before this was noticed.
  public func wait(for phase: Phase, of run: Int) throws {
    let fetchLog = runDirectory(run) + "/00-fetch.log"
    let order = Phase.allCases
    let end = ContinuousClock.now + .seconds(30)
    // Looked at more often than `waitUntil` does: a fetch is over in no time.
    while ContinuousClock.now < end {
      usleep(500)
      let events = events(run)
      let started = events.filter { $0.event == .stepStarted }.compactMap(\.step)
      let ended = Set(events.filter { $0.event == .stepFinished }.compactMap(\.step))
      let isFetched = (try? String(contentsOfFile: fetchLog, encoding: .utf8))?.contains(" is the tip of ") ?? false
      let now: Phase? =
        started.contains(2)
        ? .finally
        : started.contains(1)
          ? .step
          : isFetched
            ? .checkout
            : started.contains(0) ? .fetch : nil
      guard let now else { continue }
      let isOver = [Phase.fetch: 0, .checkout: 0, .step: 1, .finally: 2][now].map(ended.contains) ?? false
      if now == phase, !isOver { return }
      guard (order.firstIndex(of: now) ?? 0) <= (order.firstIndex(of: phase) ?? 0) else {
        throw CommandFailure("run \(run) was too fast for \(phase)")
      }
    }
    throw CommandFailure("run \(run) did not come to \(phase)")
  }
}
