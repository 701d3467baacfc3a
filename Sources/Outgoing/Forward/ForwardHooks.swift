import AsyncHTTPClient
import FoundationEssentials
import Model
import NIOCore
import NIOHTTP1

/// GitHub's API, as far as a forwarder needs it: a webhook of the kind `cli`, which only its maker gets deliveries of.
struct ForwardHooks: Sendable {
  let forwarding: Forwarding
  let client: HTTPClient

  /// GitHub answers in far less; an answer that does not come must not hold up the end of the agent.
  private static let patience = TimeAmount.seconds(15)
  private static let answerLimit = 1 << 20

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

  private var server: String { forwarding.api.authority }

  private func send(
    _ method: HTTPMethod, _ address: WebAddress, _ body: (some Encodable)?
  ) async throws -> [UInt8] {
    var request = HTTPClientRequest(url: address.description)
    request.method = method
    request.headers.add(name: "Accept", value: "application/vnd.github+json")
    request.headers.add(name: "Authorization", value: "Bearer \(forwarding.token.text)")
    request.headers.add(name: "User-Agent", value: "pushrod/\(PushrodVersion.current)")
    if let body {
      request.headers.add(name: "Content-Type", value: "application/json")
      request.body = .bytes(ByteBuffer(bytes: try JSONEncoder().encode(body)))
    }
    do {
      let response = try await client.execute(request, timeout: ForwardHooks.patience)
      let answer = Array(buffer: try await response.body.collect(upTo: ForwardHooks.answerLimit))
      guard (200..<300).contains(response.status.code) else { throw failure(response, answer) }
      return answer
    } catch {
      throw SubscriptionFailure(error, server: server)
    }
  }

  private func failure(_ response: HTTPClientResponse, _ body: [UInt8]) -> SubscriptionFailure {
    struct Answer: Decodable { var message: String? }
    let said = (try? JSONDecoder().decode(Answer.self, from: Data(body)))?.message.map { " (\($0.quotable()))" } ?? ""
    let status = response.status.code
    let repository = forwarding.repository
    let wait = response.headers.first(name: "retry-after").flatMap { Int($0) }.map { min(max(0, $0), 3600) }
    if let wait { return SubscriptionFailure("\(server) asks for patience: \(status)\(said).", rest: .seconds(wait)) }
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
