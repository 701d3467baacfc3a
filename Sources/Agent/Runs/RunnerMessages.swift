import Model
import RunDirectory

/// Tells the runner of a run that has begun something.
struct RunnerMessages: Sendable {
  let area: RunArea
  /// How long a runner that was only just launched may take to listen.
  var patience: Duration = .seconds(5)
  private let work = BlockingWork("control")

  init(area: RunArea) { self.area = area }

  /// Waits for a runner that does not listen yet.
  /// - Parameter goesOn: whether there is still somebody to tell; asked before each attempt, and may throw why not.
  /// - Returns: the runner's answer; a refusal where nobody is left to tell.
  /// - Throws: `ControlError.unavailable` where nobody listens in time.
  func tell(
    _ run: Int, _ message: ControlMessage, while goesOn: @Sendable () async throws -> Bool
  ) async throws -> ControlReply {
    let directory = area.directory(ofRun: run)
    let end = ContinuousClock.now + patience
    while true {
      guard try await goesOn() else { return ControlReply(ok: false, error: "it has ended") }
      do {
        return try await work.run { try directory.send(message) }
      } catch RunDirectoryError.noRunner {
        // It has not begun to listen, or has just ended.
      } catch let error as RunDirectoryError {
        throw ControlError.unavailable("the runner of run \(run) could not be reached: \(error).")
      }
      guard ContinuousClock.now < end else {
        throw ControlError.unavailable("the runner of run \(run) does not answer; try again in a moment.")
      }
      try await Task.sleep(for: .milliseconds(50))
    }
  }
}
