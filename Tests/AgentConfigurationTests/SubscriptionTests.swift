import Model
import TestSupport
import Testing

@testable import AgentConfiguration

@Suite struct SubscriptionTests {
  private let fixture: ConfigurationFixture

  init() throws {
    fixture = try ConfigurationFixture()
    try fixture.folder.write("token", "ghp_abc\n", mode: 0o600)
    try fixture.folder.write("odd", "two words\n", mode: 0o600)
  }

  private func source(_ keys: String, sender: String = "github") -> String {
    "sources:\n  shop:\n    sender: \(sender)\n    secrets: {file: github.secret}\n    \(keys)\n"
  }

  @Test("a relay is an address")
  func relay() throws {
    let read = try fixture.load(source("relay: https://smee.io/AbC"))
    #expect(read.sources[0].relay?.description == "https://smee.io/AbC")
    #expect(read.sources[0].forwarding == nil)
    #expect(try fixture.load(source("relay: http://127.0.0.1:3333/events/x")).sources[0].relay != nil)
  }

  @Test("a forwarder needs a repository and a token; the rest has defaults")
  func forward() throws {
    let short = try fixture.load(source("forward: {repository: acme/shop, token: {file: token}}"))
    #expect(
      short.sources[0].forwarding
        == Forwarding(
          repository: "acme/shop", token: Secret("ghp_abc"), events: ["push"],
          api: try #require(WebAddress("https://api.github.com")), secret: Secret("s3cret-value")))
    let long = try fixture.load(
      source(
        "forward: {repository: a.b/c-d_e, token: {file: token}, events: [push, release], api: https://ghe.example/api/v3}"
      ))
    #expect(long.sources[0].forwarding?.events == ["push", "release"])
    #expect(long.sources[0].forwarding?.api.description == "https://ghe.example/api/v3")
  }

  @Test("redelivery needs a repository and a token, and the webhook's address or its number")
  func redeliver() throws {
    let keys = "redeliver: {repository: acme/shop, token: {file: token}}"
    let found = try fixture.load("public_url: https://deploy.example.org\n" + source(keys)).sources[0].redelivery
    let usual = try #require(WebAddress("https://api.github.com"))
    #expect(found == Redelivery(repository: "acme/shop", token: Secret("ghp_abc"), api: usual))
    let long =
      "redeliver: {repository: acme/shop, token: {file: token}, hook: 12345678, api: https://ghe.example/api/v3}"
    let named = try fixture.load(source(long)).sources[0].redelivery
    #expect(named?.hook == 12_345_678)
    #expect(named?.api.description == "https://ghe.example/api/v3")
  }

  @Test(
    "mistakes are told at their place, with what to do",
    arguments: [
      (
        "relay: smee.io/abc", "github",
        "5:12 `sources.shop.relay` must be an https address, not `smee.io/abc` | write the address of the channel's event stream, such as https://smee.io/abc"
      ),
      (
        "relay: http://smee.io/abc", "github",
        "5:12 `sources.shop.relay` must be an https address; plain http is for this machine's own addresses only | write the address of the channel's event stream, such as https://smee.io/abc"
      ),
      (
        "forward: acme/shop", "github",
        "5:14 `sources.shop.forward` must be a mapping with `repository` and `token`, not `acme/shop`"
      ),
      (
        "forward: {repository: acme/shop}", "github",
        "5:14 `sources.shop.forward` has no `token`, and only an administrator of the repository may make webhooks | make a fine-grained token with Webhooks: Read and write, and add `token: {file: PATH}`"
      ),
      (
        "forward: {token: {file: token}}", "github",
        "5:14 `sources.shop.forward` has no `repository` | write it as owner/name"
      ),
      (
        "forward: {repository: https://github.com/acme/shop, token: {file: token}}", "github",
        "5:27 `https://github.com/acme/shop` is not a repository of GitHub's | write it as owner/name, without an address"
      ),
      (
        "forward: {repository: acme/.., token: {file: token}}", "github",
        "5:27 `acme/..` is not a repository of GitHub's | write it as owner/name, without an address"
      ),
      (
        "forward: {repository: acme/shop, token: {file: token}, events: []}", "github",
        "5:68 `sources.shop.forward.events` must be a list with at least one event, not a list"
      ),
      (
        "forward: {repository: acme/shop, token: {file: token}, events: Push}", "github",
        "5:68 `Push` is not the name of an event | GitHub's are push, release, …"
      ),
      (
        "forward: {repository: acme/shop, token: {file: odd}}", "github",
        "5:45 the token has characters in it that no token of GitHub's has | copy it again"
      ),
      (
        "forward: {repository: acme/shop, token: {file: token}, api: http://ghe.example}", "github",
        "5:65 `sources.shop.forward.api` must be an https address; plain http is for this machine's own addresses only | write https://api.github.com, or https://HOST/api/v3 for a server of your own"
      ),
      (
        "forward: {repository: acme/shop, token: {file: token}}", "gitlab",
        "5:14 `forward` is a service of GitHub's, and the sender here is `gitlab` | use `relay`, or a pipeline's `on.poll`"
      ),
      (
        "redeliver: {repository: acme/shop, token: {file: token}}", "github",
        "5:16 `sources.shop.redeliver` finds the webhook by its address, and `public_url` is not set | set `public_url`, or add `hook: NUMBER`, the number at the end of the webhook's page at GitHub"
      ),
      (
        "redeliver: {repository: acme/shop, token: {file: token}, hook: mine}", "github",
        "5:68 `sources.shop.redeliver.hook` must be a whole number from 1 to 1000000000000, not `mine`"
      ),
      (
        "redeliver: {repository: acme/shop, token: {file: token}, hook: 1}", "gitlab",
        "5:16 `redeliver` asks GitHub, and the sender here is `gitlab` | remove it; `compare_tips` finds pushes that were missed, whoever sends them"
      ),
      ("realy: https://smee.io/abc", "github", "5:5 unknown key `realy` in `sources.shop` | did you mean `relay`?"),
    ])
  func mistakes(_ keys: String, _ sender: String, _ expected: String) {
    #expect(fixture.mistakes(source(keys, sender: sender)) == [expected])
  }
}
