import ArgumentParser
import Glibc
import Model
import Web

/// Following a run in the terminal: what `tail`, `run` and `rerun` have in common.
struct Following {
  let client: APIClient
  var follows = true
  var withTimes = false
  var onlyStep: String?

  /// Shows the run from its beginning, waits for its end, and ends the command with the run's own result.
  /// - Throws: `CommandExit`; code 4 where another run took its place, 1 for every other end that is not `succeeded`.
  func follow(_ run: Run) async throws {
    let terminal = Terminal.standardOutput
    if terminal.width != nil { Following.sayGoodbyeOnInterrupt() }
    var printer = RunPrinter(run: run, terminal: terminal, withTimes: withTimes, onlyStep: onlyStep)
    let end = try await RunFollower(client: client, run: run.number, follows: follows, withTimes: withTimes)
      .follow { message in
        let output = printer.output(for: message)
        if !output.isEmpty { Output.standard.write(output) }
      }
    if let onlyStep, !printer.sawStep, end != nil || !follows {
      throw CommandExit(.failed, "\(printer.title) has not run a step `\(onlyStep.onOneLine)`.")
    }
    guard let end else { return }
    if onlyStep != nil {
      Output.error.print(
        RunPrinter.ending(of: end, title: printer.title, terminal: Terminal(isColoured: false, width: nil)))
    }
    switch end.runState {
    case .succeeded, .skipped: break
    case .superseded: throw CommandExit(.superseded)
    default: throw CommandExit(.failed)
    }
  }

  /// Follows the runs one after the other, each to its end.
  /// - Throws: `CommandExit`, after all have been shown; code 1 where one failed, 4 where one was superseded and none failed.
  func follow(runs numbers: [Int]) async throws {
    var failure: CommandExit?
    for number in numbers {
      do {
        try await follow(try await client.get(RunDetail.self, "/api/runs/\(number)").run)
      } catch let exit as CommandExit where exit.code == .failed || exit.code == .superseded {
        if failure?.code != .failed { failure = exit }
      }
    }
    if let failure { throw failure }
  }

  /// Ctrl-C ends the following, never the run; at a terminal it says so and takes back the log's colours.
  private static func sayGoodbyeOnInterrupt() {
    signal(SIGINT) { _ in
      // Only what may be done in a signal handler: two writes and the end.
      let goodbye: StaticString = "\u{1b}[0m\nStopped following; the run goes on.\n"
      _ = write(2, goodbye.utf8Start, goodbye.utf8CodeUnitCount)
      _exit(CommandExit.Code.interrupted.rawValue)
    }
  }
}
