import AsyncHTTPClient
import FoundationEssentials
import Model
import NIOCore
import NIOHTTP1

/// GitHub's API, as far as a forwarder needs it: a webhook of the kind `cli`, which only its maker gets deliveries of.
struct ForwardHooks: Sendable {
  let forwarding: Forwarding
  let client: HTTPClient

  /// Asks for a webhook that does nothing yet.
  /// - Throws: `SubscriptionFailure`.
  func create() async throws -> ForwardHook {
    struct Order: Encodable {
      struct Config: Encodable {
        var content_type = "json"
        var insecure_ssl = "0"
        var secret: String
      }
      var name = "cli"
      var active = false
      var events: [String]
      var config: Config
    }
    struct Answer: Decodable {
      var url: String
      var ws_url: String?
    }
    guard let address = forwarding.api.appending("/repos/\(forwarding.repository)/hooks") else {
      throw SubscriptionFailure("The address \(forwarding.api) is not that of an API.")
    }
    let order = Order(events: forwarding.events, config: .init(secret: forwarding.secret.text))
    let body = try await send(.POST, address, order)
    guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(body)), let url = WebAddress(answer.url) else {
      throw SubscriptionFailure("\(server) made a webhook and answered with something else than its address.")
    }
    // The token goes to the server that was configured, and to no other.
    guard url.hasSameOrigin(as: forwarding.api) else {
      throw SubscriptionFailure(
        "\(server) says that the webhook is on another server (\(url.authority)), which does not get the token.",
        rest: SubscriptionFailure.restForPeople)
    }
    guard let text = answer.ws_url, let socket = WebAddress(text), isAllowed(socket) else {
      try? await delete(ForwardHook(url: url, socket: url))
      throw SubscriptionFailure(
        "\(server) made a webhook without an address of a WebSocket (wss://…); does it offer forwarding?",
        rest: SubscriptionFailure.restForPeople)
    }
    return ForwardHook(url: url, socket: socket)
  }

  /// From now on its deliveries come.
  func activate(_ hook: ForwardHook) async throws { _ = try await send(.PATCH, hook.url, ["active": true]) }

  func delete(_ hook: ForwardHook) async throws { _ = try await send(.DELETE, hook.url, nil as [String: Bool]?) }

  /// Without TLS only where the API is this machine's own, too: a stranger's answer names no service of this machine.
  private func isAllowed(_ socket: WebAddress) -> Bool {
    switch socket.scheme {
    case .wss: true
    case .ws: socket.isLoopback && forwarding.api.isLoopback && forwarding.api.scheme == .http
    case .http, .https: false
    }
  }

  private var github: GitHubAPI {
    GitHubAPI(address: forwarding.api, token: forwarding.token, client: client)
  }

  private var server: String { github.server }

  private func send(
    _ method: HTTPMethod, _ address: WebAddress, _ body: (some Encodable)?
  ) async throws -> [UInt8] {
    do {
      return try await github.send(method, address, body).body
    } catch let refusal as GitHubRefusal {
      throw failure(refusal)
    } catch {
      throw SubscriptionFailure(error, server: server)
    }
  }

  private func failure(_ refusal: GitHubRefusal) -> SubscriptionFailure {
    let (status, said) = (refusal.status, refusal.said)
    if let rest = refusal.rest {
      return SubscriptionFailure("\(server) asks for patience: \(status)\(said).", rest: rest)
    }
    let repository = forwarding.repository
    let meaning: String
    switch status {
    case 300..<400:
      meaning = "it redirects, which is not followed; was \(repository) renamed? Write its name as it is now"
    case 401: meaning = "it does not know the token; make a new one"
    case 403:
      meaning =
        "the token may not make webhooks of \(repository) (fine-grained: Webhooks, read and write; classic: "
        + "admin:repo_hook), or GitHub does not offer forwarding to its owner"
    case 404: meaning = "there is no \(repository), or the token may not administer its webhooks"
    case 422:
      meaning =
        "another forwarder may be there, and GitHub allows one for a repository: end it, or delete the webhook of the "
        + "kind cli in the repository's settings"
    default: return SubscriptionFailure("\(server) answered \(status)\(said).")
    }
    return SubscriptionFailure("\(server) answered \(status)\(said): \(meaning).", rest: .seconds(300))
  }
}
