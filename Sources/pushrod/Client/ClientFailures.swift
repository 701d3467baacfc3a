import AsyncHTTPClient
import FoundationEssentials
import Glibc
import Model
import NIOCore
import NIOHTTP1
import Web

/// What goes wrong between a command and its agent, in words that say what to do.
extension APIClient {
  /// The agent answered, and said no. Who reads may find it able again in a moment, as after a restart; what was
  /// asked to be done was not done.
  func failure(_ response: HTTPClientResponse, to request: HTTPClientRequest) async -> CommandExit {
    let body = (try? await response.body.collect(upTo: 1 << 20)).map { Data($0.readableBytesView) }
    let said = body.flatMap { try? JSON.decoder().decode(APIError.self, from: $0) }
    let status = response.status.code
    let message = (said?.error.message ?? "The agent answered with status \(status).").withoutControls
    let exit: CommandExit.Code =
      switch (request.method, status) {
      case (.GET, 503): .notReachable
      // What is asked for by reading is what was typed.
      case (.GET, 422): .wrongUse
      default: .failed
      }
    return CommandExit(
      exit, advice(said?.error.code, status, response, to: request).map { "\(message) \($0)" } ?? message)
  }

  /// What every API has, so that whoever does not know it is another server.
  private static let listings = ["/api/runs", "/api/deliveries", "/api/schedules", "/api/tokens", "/api/audit"]

  private func advice(
    _ code: String?, _ status: UInt, _ response: HTTPClientResponse, to request: HTTPClientRequest
  ) -> String? {
    guard case .url(let url, _) = address else { return nil }
    let asked = request.url.prefix { $0 != "?" }
    let isListing = request.method == .GET && APIClient.listings.contains { asked.hasSuffix($0) }
    return switch (status, code) {
    case (404, _) where isListing:
      "\(url) is where the agent takes webhooks, or a proxy that passes on /webhook/ alone. The API is at `api.listen` of "
        + "the agent's configuration; name that address with --url."
    case (401, _):
      "\(url) does not know the token that was sent, or it has ended. `pushrod token ls` on the agent's machine shows "
        + "those that count, `pushrod token create` makes one."
    case (403, "forbidden"): "Make one on the agent's machine: `pushrod token create --scope …`."
    case (421, _): "Add the host of \(url) to `api.hosts` in the agent's configuration, and restart it."
    case (429, _): response.headers.first(name: "retry-after").map { "Try again in \($0.onOneLine) seconds." }
    case (300..<400, _): "It sends to another address; name that one with --url."
    case (_, nil): "Is it a Pushrod agent's API that answers at \(url)?"
    default: nil
    }
  }

  func notReachable(_ error: any Error) -> CommandExit {
    switch address {
    case .socket(let path): notReachable(error, socket: path)
    case .url(let url, _): notReachable(error, url: url)
    }
  }

  private func notReachable(_ error: any Error, url: String) -> CommandExit {
    CommandExit(.notReachable, "The agent is not reachable at \(url): \(ConnectionProblem.words(for: error)).")
  }

  private func notReachable(_ error: any Error, socket: String) -> CommandExit {
    switch (error as? IOError)?.errnoCode {
    case ENOENT:
      CommandExit(
        .notReachable,
        "The agent is not reachable: there is no socket \(socket). Start it with `pushrod serve`, or name its "
          + "configuration with --config or PUSHROD_CONFIG, or its socket with --socket or PUSHROD_SOCKET.")
    case ECONNREFUSED:
      CommandExit(
        .notReachable,
        "The agent is not reachable: nobody listens on \(socket). Start it with `pushrod serve` "
          + "(or `systemctl start pushrod`).")
    case EACCES, EPERM:
      CommandExit(
        .notReachable,
        "You may not open the agent's socket \(socket). Members of the group `pushrod` may: "
          + "`sudo usermod -aG pushrod $USER`, then log in again.")
    default:
      CommandExit(.notReachable, "The agent is not reachable at \(socket): \(error)")
    }
  }
}
