import Model
import Pipelines

/// Reads the keys of a source for which the agent itself asks somebody: `relay`, `forward` and `redeliver`.
struct SubscriptionReading {
  let secrets: SecretReading

  /// GitHub's own names for events are words like these; `*` stands for all of them.
  private static let longestEvent = 64

  /// `relay: https://smee.io/abc`
  func relay(_ value: Value) -> WebAddress? {
    address(value, suggestion: "write the address of the channel's event stream, such as https://smee.io/abc")
  }

  /// `forward: {repository: owner/name, token: …, events: […], api: …}`
  ///
  /// - Parameters:
  ///   - sender: of the source.
  ///   - secret: what GitHub is to sign with: the source's first.
  func forwarding(_ value: Value, sender: String?, secret: Secret?) -> Forwarding? {
    let expected = "a mapping with `repository` and `token`"
    guard let fields = value.fields(["repository", "token", "events", "api"], expected: expected) else { return nil }
    if let sender, sender != "github" {
      value.report(
        "`forward` is a service of GitHub's, and the sender here is `\(sender)`",
        suggestion: "use `relay`, or a pipeline's `on.poll`")
    }
    let repository = repository(fields)
    let token = token(fields)
    let events = fields["events"].map(self.events) ?? ["push"]
    let usual = WebAddress("https://api.github.com")
    let api = fields["api"].map(self.api) ?? usual
    guard let repository, let token, let events, let api, let secret else { return nil }
    return Forwarding(repository: repository, token: token, events: events, api: api, secret: secret)
  }

  /// `redeliver: {repository: owner/name, token: …, hook: …, api: …}`
  ///
  /// - Parameters:
  ///   - sender: of the source.
  ///   - hasPublicURL: the address that the webhook posts to is known.
  func redelivery(_ value: Value, sender: String, hasPublicURL: Bool) -> Redelivery? {
    let expected = "a mapping with `repository` and `token`"
    guard let fields = value.fields(["repository", "token", "hook", "api"], expected: expected) else { return nil }
    if sender != "github" {
      value.report(
        "`redeliver` asks GitHub, and the sender here is `\(sender)`",
        suggestion: "remove it; `compare_tips` finds pushes that were missed, whoever sends them")
    }
    let repository = repository(fields)
    let token = token(fields)
    let hook = fields["hook"].flatMap { $0.integer(in: 1...1_000_000_000_000) }
    if !fields.contains("hook"), !hasPublicURL {
      value.report(
        "\(value.subject) finds the webhook by its address, and `public_url` is not set",
        suggestion: "set `public_url`, or add `hook: NUMBER`, the number at the end of the webhook's page at GitHub")
    }
    let api = fields["api"].map(self.api) ?? WebAddress("https://api.github.com")
    guard let repository, let token, let api else { return nil }
    return Redelivery(repository: repository, token: token, api: api, hook: hook)
  }

  private func repository(_ fields: Fields) -> String? {
    guard let value = fields["repository"] else {
      fields.value.report("\(fields.value.subject) has no `repository`", suggestion: "write it as owner/name")
      return nil
    }
    guard let text = value.string("a repository") else { return nil }
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy(SubscriptionReading.isName) else {
      value.report(
        "`\(text.shown())` is not a repository of GitHub's", suggestion: "write it as owner/name, without an address")
      return nil
    }
    return text
  }

  private func token(_ fields: Fields) -> Secret? {
    guard let value = fields["token"] else {
      fields.value.report(
        "\(fields.value.subject) has no `token`, and only an administrator of the repository may make webhooks",
        suggestion: "make a fine-grained token with Webhooks: Read and write, and add `token: {file: PATH}`")
      return nil
    }
    guard let token = secrets.secret(value) else { return nil }
    // It stands in a header.
    guard token.bytes.allSatisfy({ (0x21...0x7e).contains($0) }) else {
      value.report("the token has characters in it that no token of GitHub's has", suggestion: "copy it again")
      return nil
    }
    return token
  }

  private func events(_ value: Value) -> [String]? {
    let items = value.oneOrMany(atMost: 100) ?? []
    if case .list = value.node.content, items.isEmpty { value.mismatch("a list with at least one event") }
    let events = items.compactMap { item -> String? in
      guard let text = item.string("the name of an event") else { return nil }
      guard text == "*" || SubscriptionReading.isEvent(text) else {
        item.report("`\(text.shown())` is not the name of an event", suggestion: "GitHub's are push, release, …")
        return nil
      }
      return text
    }
    return events.isEmpty ? nil : events
  }

  private func api(_ value: Value) -> WebAddress? {
    let suggestion = "write https://api.github.com, or https://HOST/api/v3 for a server of your own"
    guard let address = address(value, suggestion: suggestion) else { return nil }
    guard !address.target.contains("?") else {
      value.mismatch("an address without a query", suggestion: suggestion)
      return nil
    }
    return address
  }

  /// Over TLS, or to this machine itself: what is on its way is otherwise open to everybody, a token above all.
  private func address(_ value: Value, suggestion: String) -> WebAddress? {
    let expected = "an https address"
    guard let text = value.string(expected) else { return nil }
    guard let address = WebAddress(text), address.scheme == .https || address.scheme == .http else {
      value.mismatch(expected, suggestion: suggestion)
      return nil
    }
    guard address.scheme == .https || address.isLoopback else {
      value.report(
        "\(value.subject) must be an https address; plain http is for this machine's own addresses only",
        suggestion: suggestion)
      return nil
    }
    return address
  }

  private static func isName(_ text: Substring) -> Bool {
    guard (1...100).contains(text.utf8.count), text != ".", text != ".." else { return false }
    return text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
        true
      default: false
      }
    }
  }

  private static func isEvent(_ text: String) -> Bool {
    (1...longestEvent).contains(text.utf8.count)
      && text.utf8.allSatisfy { (0x61...0x7a).contains($0) || $0 == UInt8(ascii: "_") }
  }
}
