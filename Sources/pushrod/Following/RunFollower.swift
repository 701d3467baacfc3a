import AsyncHTTPClient
import FoundationEssentials
import Model
import NIOCore
import Outgoing

/// Follows one run to its end, also over restarts of the agent.
struct RunFollower {
  let client: APIClient
  let run: Int
  /// Wait for what is still to come; else end where the log ends now.
  var follows = true
  var withTimes = false

  /// Hands every message to `receive`, each exactly once.
  ///
  /// - Returns: the event that ended the run; `nil` where it has not ended and `follows` is false.
  /// - Throws: `CommandExit`: there is no such run, or no agent.
  func follow(_ receive: (LogMessage) -> Void) async throws -> RunEvent? {
    var position: String?
    var patience = Patience()
    while true {
      do {
        let body = try await client.events(ofRun: run, from: position, follow: follows, times: withTimes)
        patience.found()
        var stream = EventStream()
        for try await bytes in body {
          for message in stream.read(bytes) {
            if let known = try LogMessage(message) {
              receive(known)
              if case .event(let event) = known, event.event == .runFinished { return event }
            }
            position = message.id ?? position
          }
        }
        if !follows { return nil }
        // The stream ended before the run: the agent is going down in good order.
        try await patience.lost(CommandExit(.notReachable, "The agent ended the log before the run was over."))
      } catch let failure as CommandExit where position == nil || failure.code != .notReachable {
        throw failure
      } catch let failure as CommandExit {
        try await patience.lost(failure)
      } catch let failure as DecodingError {
        throw CommandExit(.failed, "The agent's log is not understood: \(failure)")
      } catch {
        try await patience.lost(CommandExit(.notReachable, "The connection to the agent broke: \(error)"))
      }
    }
  }
}
