import AsyncHTTPClient
import FoundationEssentials
import Model
import NIOHTTP1

/// GitHub's API, as far as it is about the deliveries of a repository's webhooks
/// (https://docs.github.com/en/rest/repos/webhooks). It keeps them for three days.
struct HookAPI: Sendable {
  let redelivery: Redelivery
  let github: GitHubAPI

  struct Page: Sendable {
    /// Newest first.
    var deliveries: [HookDelivery]
    /// Where the list goes on; `nil`: it does not.
    var next: String?
    /// By GitHub's clock.
    var now: Date
  }

  private static let mostHookPages = 5

  init(_ redelivery: Redelivery, client: HTTPClient) {
    self.redelivery = redelivery
    github = GitHubAPI(address: redelivery.api, token: redelivery.token, client: client)
  }

  /// The webhooks that post to `address`, whatever stands behind its `?`.
  func hooks(postingTo address: WebAddress) async throws -> [Int] {
    struct Hook: Decodable {
      struct Config: Decodable { var url: String? }
      var id: Int
      var config: Config?
    }
    var found: [Int] = []
    var page: String? = "1"
    for _ in 1...HookAPI.mostHookPages {
      guard let number = page else { break }
      let answer = try await get("/hooks?per_page=100&page=\(number)")
      let hooks = try decoded([Hook].self, answer.body)
      found += hooks.filter { hook in
        guard let url = hook.config?.url.flatMap({ WebAddress($0) }) else { return false }
        return url.hasSameOrigin(as: address) && HookAPI.path(url) == HookAPI.path(address)
      }.map(\.id)
      page = PageLink.next("page", answer.headers)
    }
    return found
  }

  func page(of hook: Int, at cursor: String?, size: Int) async throws -> Page {
    let answer = try await get(
      "/hooks/\(hook)/deliveries?per_page=\(size)" + (cursor.map { "&cursor=\($0)" } ?? ""))
    return Page(
      deliveries: try decoded([HookDelivery].self, answer.body), next: PageLink.next("cursor", answer.headers),
      now: RequestLimits.now(answer.headers))
  }

  /// Has GitHub deliver once more what the attempt was about.
  func askAgain(_ delivery: Int, of hook: Int) async throws {
    _ = try await github.send(.POST, try address("/hooks/\(hook)/deliveries/\(delivery)/attempts"))
  }

  /// The failure in a sentence, with what to do about it.
  func failure(_ error: any Error) -> SubscriptionFailure {
    guard let refusal = error as? GitHubRefusal else { return SubscriptionFailure(error, server: github.server) }
    let (status, said) = (refusal.status, refusal.said)
    if let rest = refusal.rest {
      return SubscriptionFailure("\(github.server) asks for patience: \(status)\(said).", rest: rest)
    }
    let repository = redelivery.repository
    let meaning: String
    switch status {
    case 300..<400:
      meaning = "it redirects, which is not followed; was \(repository) renamed? Write its name as it is now"
    case 401: meaning = "it does not know the token; make a new one"
    case 403:
      meaning =
        "the token may not read and write the webhooks of \(repository) (fine-grained: Webhooks, read and write; "
        + "classic: admin:repo_hook)"
    case 404:
      meaning = "there is no \(repository) or no such webhook, or the token may not administer its webhooks"
    case 422: meaning = "it refuses the question"
    default: return SubscriptionFailure("\(github.server) answered \(status)\(said).")
    }
    return SubscriptionFailure(
      "\(github.server) answered \(status)\(said): \(meaning).", rest: SubscriptionFailure.restForPeople)
  }

  private func get(_ path: String) async throws -> GitHubAPI.Answer { try await github.send(.GET, try address(path)) }

  private func address(_ path: String) throws -> WebAddress {
    guard let address = redelivery.api.appending("/repos/\(redelivery.repository)\(path)") else {
      throw SubscriptionFailure("The address \(redelivery.api) is not that of an API.")
    }
    return address
  }

  private func decoded<Value: Decodable>(_ type: Value.Type, _ body: [UInt8]) throws -> Value {
    do {
      return try JSONDecoder().decode(type, from: Data(body))
    } catch {
      throw SubscriptionFailure("\(github.server) answered with something else than a list of webhooks or deliveries.")
    }
  }

  private static func path(_ address: WebAddress) -> Substring {
    var path = address.target.prefix { $0 != "?" }
    while path.hasSuffix("/") { path.removeLast() }
    return path
  }
}
