import Foundation
import Model
import NIOHTTP1
import TestSupport
import Testing

@testable import Agent
@testable import Outgoing

typealias Attempt = HookDeliveryServer.Attempt
typealias Refusal = HookDeliveryServer.Refusal

@Suite("Deliveries that GitHub could not make are asked for again")
struct RedeliveryTests {
  private static let own = "https://deploy.example.org/webhook/github"

  private func github(
    _ attempts: [Attempt], hooks: [(id: Int, url: String)] = [(1, own)],
    deliver: @escaping @Sendable (String) -> Int = { _ in 202 }
  ) throws -> HookDeliveryServer {
    let server = try HookDeliveryServer(deliver: deliver)
    server.change { behaviour in
      behaviour.hooks = hooks
      behaviour.attempts = attempts
    }
    return server
  }

  @Test(
    "what no attempt got through of and what is not in the store is asked for, oldest first; the rest is left alone")
  func choice() async throws {
    let github = try github([
      Attempt(id: 9, guid: "newer", age: 60),
      Attempt(id: 8, guid: "older", age: 600, event: "release", status: 0),
      Attempt(id: 7, guid: "fine", age: 700, status: 202),
      Attempt(id: 5, guid: "fine-later", age: 900, status: 500),
      Attempt(id: 10, guid: "fine-later", age: 30, status: 200, isRedelivery: true),
      Attempt(id: 4, guid: "recorded", age: 1000, status: 0),
      Attempt(id: 3, guid: "hello", age: 1100, event: "ping", status: 404),
      Attempt(id: 2, guid: "gone", age: 3 * 86_400 + 60),
    ])
    let store = AcceptedStandIn()
    store.accept("recorded")
    let running = try RunningRedelivery(github, store: store)
    try await running.lookedAt()
    #expect(github.asked == [8, 9])
    #expect(github.requests.first == "GET /repos/acme/shop/hooks?per_page=100&page=1")
    #expect(github.requests.dropFirst().first == "GET /repos/acme/shop/hooks/1/deliveries?per_page=100")
    #expect(running.status?.asked == 2)
    #expect(running.status?.error == nil)
    #expect(running.log.count("redelivery_asked") == 2)
    try await running.end()
  }

  @Test("the list is read page by page, to the end of the three days and not further")
  func pages() async throws {
    var attempts = (1...30).map { Attempt(id: 100 - $0, guid: "fine-\($0)", age: Double($0), status: 202) }
    attempts.append(Attempt(id: 60, guid: "lost", age: 86_400))
    attempts += (1...30).map { Attempt(id: 50 - $0, guid: "old-\($0)", age: 4 * 86_400 + Double($0)) }
    let github = try github(attempts)
    github.change { $0.mostOnPage = 10 }
    let running = try RunningRedelivery(github)
    try await running.lookedAt()
    #expect(github.asked == [60])
    let lists = github.requests.filter { $0.contains("/deliveries?") }
    #expect(lists.count == 4, "\(lists)")
    #expect(lists[1].hasSuffix("&cursor=v1_89"))
    try await running.end()
  }

  @Test("a list without end is not read without end, and what was read of it counts")
  func bounded() async throws {
    let github = try github((1...50).map { Attempt(id: 100 - $0, guid: "lost-\($0)", age: Double($0)) })
    github.change { $0.mostOnPage = 10 }
    var limits = RunningRedelivery.limits()
    limits.mostPages = 2
    limits.retryPause = 1000
    limits.mostAsked = 7
    let running = try RunningRedelivery(github, limits: limits)
    try await running.lookedAt()
    // None of those is older than the pause after a failed attempt.
    #expect(github.asked == [])
    #expect(github.requests.filter { $0.contains("/deliveries?") }.count == 2)
    #expect(running.log.events == ["redelivery_list_too_long"])
    try await running.end()
  }

  @Test("no more are asked for in one look than may be; the next ones are asked for by the next look")
  func manyAtOnce() async throws {
    let github = try github((1...12).map { Attempt(id: 100 - $0, guid: "lost-\($0)", age: Double($0)) })
    var limits = RunningRedelivery.limits()
    limits.mostAsked = 5
    let running = try RunningRedelivery(github, limits: limits)
    try await eventually("all twelve") { Set(github.asked).count == 12 }
    #expect(github.asked == (1...12).map { 100 - $0 }.sorted())
    #expect(github.requests.filter { $0.contains("/deliveries?") }.count >= 3)
    try await running.end()
  }

  @Test("what fails again is asked for again, with longer and longer pauses, and given up after five times")
  func givenUp() async throws {
    let github = try github([Attempt(id: 1, guid: "lost", age: 60)], deliver: { _ in 502 })
    let running = try RunningRedelivery(github)
    try await eventually("it is given up") { running.status?.givenUp == 1 }
    #expect(github.asked.count == 5)
    #expect(running.log.count("redelivery_given_up") == 1)
    running.gaps.ended()
    let before = github.requests.count
    try await eventually("another look") { github.requests.count > before }
    #expect(github.asked.count == 5)
    try await running.end()

    var limits = RedeliveryLimits()
    limits.retryPause = 15
    let dues = (1...5).map { attempts in
      FailedDeliveries.Failed(
        guid: "g", event: "push", id: 1, hook: 1, attempts: attempts, first: Date(timeIntervalSince1970: 0),
        last: Date(timeIntervalSince1970: 0)
      ).due(limits).timeIntervalSince1970
    }
    #expect(dues == [15, 60, 240, 960, 3840])
  }

  @Test("attempts that were made before this agent started count, by whomever")
  func attemptsBefore() async throws {
    let github = try github(
      (0...5).map { Attempt(id: 10 + $0, guid: "lost", age: 600 - Double($0), isRedelivery: $0 > 0) })
    let running = try RunningRedelivery(github)
    try await eventually("it is given up") { running.status?.givenUp == 1 }
    #expect(github.asked == [])
    try await running.end()
  }

  @Test("of several webhooks the one that posts here is meant; where there is none, that is said, and tried again")
  func hooks() async throws {
    let other = "https://deploy.example.org/webhook/github2"
    let github = try github(
      [Attempt(id: 1, guid: "theirs", hook: 1, age: 60), Attempt(id: 2, guid: "ours", hook: 2, age: 60)],
      hooks: [(1, other), (3, "not an address"), (4, "http://deploy.example.org/webhook/github")])
    let running = try RunningRedelivery(github)
    try await running.failed(with: "No webhook of acme/shop posts to \(Self.own); add it there")
    #expect(github.asked == [])
    try await running.end()

    github.change { $0.hooks.append((2, "\(Self.own)/?secret=no")) }
    let again = try RunningRedelivery(github)
    try await again.lookedAt()
    #expect(github.asked == [2])
    try await again.end()
    let named = try RunningRedelivery(github, hook: 1)
    try await named.lookedAt()
    #expect(github.asked == [2, 1])
    try await named.end()
  }

  @Test("a webhook that was deleted and made anew is found again")
  func newHook() async throws {
    let github = try github([Attempt(id: 2, guid: "ours", hook: 2, age: 60)])
    let running = try RunningRedelivery(github)
    try await running.lookedAt()
    github.change { $0.hooks = [(2, Self.own)] }
    running.gaps.ended()
    try await eventually("the new webhook's") { github.asked == [2] }
    try await running.end()
  }

  @Test("what GitHub does not have any more is given up at once, and the next is asked for", arguments: [404, 422])
  func notThere(status: Int) async throws {
    let github = try github([Attempt(id: 1, guid: "a", age: 60), Attempt(id: 2, guid: "b", age: 50)])
    github.change {
      $0.refusals = [("POST /repos/acme/shop/hooks/1/deliveries/1/", Refusal(status, message: "Not there"))]
    }
    let running = try RunningRedelivery(github)
    try await running.lookedAt()
    #expect(github.asked == [1, 2])
    #expect(running.status?.givenUp == 1)
    #expect(running.status?.asked == 1)
    #expect(running.status?.error == nil)
    try await running.end()
  }

  @Test(
    "errors are told in words, once, and are over with the next answer",
    arguments: [
      (Refusal(401, message: "Bad credentials"), "answered 401 (Bad credentials): it does not know the token"),
      (Refusal(403, message: "Resource not accessible"), "fine-grained: Webhooks, read and write"),
      (Refusal(404, message: "Not Found"), "there is no acme/shop or no such webhook"),
      (Refusal(422, message: "Validation failed"), "it refuses the question"),
      (Refusal(500, message: "Oops"), "answered 500 (Oops)."),
      (Refusal(301, headers: ["Location": "https://evil.example/"]), "redirects, which is not followed"),
    ])
  func errors(_ refusal: Refusal, _ words: String) async throws {
    let github = try github([Attempt(id: 1, guid: "a", age: 60)])
    github.change { $0.standing = refusal }
    var limits = RunningRedelivery.limits()
    limits.longestPause = .milliseconds(5)
    let running = try RunningRedelivery(github, limits: limits)
    try await running.failed(with: words)
    #expect(running.log.count("redelivery_failed") == 1)
    if refusal.status == 500 {
      try await eventually("it is tried again") { github.requests.count > 3 }
      #expect(running.log.count("redelivery_failed") == 1)
      github.change { $0.standing = nil }
      try await eventually("it is well again") { running.status?.lookedAt != nil && running.status?.error == nil }
      #expect(running.log.count("redelivery_recovered") == 1)
    }
    try await running.end()
  }

  @Test("an answer that is no list, and a server that is not there, are errors too")
  func broken() async throws {
    let github = try github([])
    github.change { $0.refusals = [("GET", Refusal(200, message: "no list"))] }
    let running = try RunningRedelivery(github)
    try await running.failed(with: "something else than a list")
    try await running.end()
    let port = try Loopback.freePort()
    let nobody = try RunningRedelivery(github, api: "http://127.0.0.1:\(port)")
    try await nobody.failed(with: "cannot be reached: Connection refused")
    try await nobody.end()
  }

  @Test("a rate limit stops a look in its middle, and nothing is asked before its time")
  func rateLimit() async throws {
    let github = try github((1...3).map { Attempt(id: $0, guid: "g-\($0)", age: 100 - Double($0)) })
    github.change {
      $0.refusals = [
        (
          "POST /repos/acme/shop/hooks/1/deliveries/2/",
          Refusal(403, headers: ["Retry-After": "2"], message: "You have exceeded a secondary rate limit")
        )
      ]
    }
    let running = try RunningRedelivery(github)
    let clock = ContinuousClock()
    try await running.failed(with: "asks for patience: 403 (You have exceeded a secondary rate limit)")
    let refused = clock.now
    let count = github.requests.count
    running.gaps.ended()
    try await eventually("all three") { github.asked == [1, 2, 2, 3] }
    #expect(refused.duration(to: clock.now) > .seconds(1.5))
    #expect(github.requests.count > count)
    try await running.end()
  }

  @Test("while the store cannot record, nothing is asked for; and its own errors are told")
  func storeTrouble() async throws {
    let github = try github([Attempt(id: 1, guid: "a", age: 60)])
    let store = AcceptedStandIn()
    store.canRecord = false
    // Nor does it wait for ever for the tips to be compared.
    let running = try RunningRedelivery(github, store: store, isCompared: { false })
    try await running.lookedAt()
    try await eventually("more looks") { github.requests.count > 5 }
    #expect(github.asked == [])
    store.fail("the disk is gone")
    try await running.failed(with: "the disk is gone")
    store.fail(nil)
    store.canRecord = true
    try await eventually("it is asked for") { github.asked == [1] }
    try await running.end()
  }

  @Test("what is asked for again is known to be late, by the age that GitHub says, whatever this machine's clock says")
  func late() async throws {
    let pipeline = Pipeline(
      name: "shop", repository: try RepositoryURL("https://github.com/acme/shop.git"),
      triggers: Triggers(push: PushTrigger(branches: ["main"], tags: nil, skip: nil)), steps: [])
    let github = try github([Attempt(id: 1, guid: "a", age: 100), Attempt(id: 2, guid: "b", age: 60)])
    github.change { $0.ahead = 86_400 }
    let running = try RunningRedelivery(github)
    running.lateness.compared([pipeline], began: .now - .seconds(80))
    try await running.lookedAt()
    #expect(github.asked == [1, 2])
    #expect(running.lateness.isLate("a", from: "github", for: pipeline))
    #expect(!running.lateness.isLate("b", from: "github", for: pipeline))
    #expect(!running.lateness.isLate("a", from: "other", for: pipeline))
    #expect(!running.lateness.isLate("c", from: "github", for: pipeline))
    try await running.end()
  }

  @Test("later looks read only what may have changed")
  func horizon() async throws {
    let github = try github(
      (1...40).map { Attempt(id: 100 - $0, guid: "g-\($0)", age: Double($0 * 1800), status: 202) })
    github.change { $0.mostOnPage = 10 }
    let running = try RunningRedelivery(github)
    try await running.lookedAt()
    #expect(github.requests.filter { $0.contains("/deliveries?") }.count == 4)
    running.gaps.ended()
    try await eventually("another look") { github.requests.filter { $0.contains("/deliveries?") }.count > 4 }
    try await Task.sleep(for: .milliseconds(50))
    #expect(github.requests.filter { $0.contains("/deliveries?") }.count == 5)
    try await running.end()
  }
}

@Suite("How long a server wants to be left alone")
struct RequestLimitsTests {
  private let date = "Wed, 25 Nov 2026 02:00:00 GMT"

  private func rest(_ status: UInt, _ headers: HTTPHeaders, _ isAboutLimits: Bool = false) -> Double? {
    RequestLimits.rest(status: status, headers: headers, isAboutLimits: isAboutLimits).map { $0 / .seconds(1) }
  }

  @Test("Retry-After, in seconds or as a date, is believed up to a day")
  func retryAfter() {
    #expect(rest(503, ["Retry-After": "7"]) == 7)
    #expect(rest(429, ["Retry-After": "-5"]) == 0)
    #expect(rest(429, ["Retry-After": "99999999999"]) == 86_400)
    #expect(rest(503, ["Date": date, "Retry-After": "Wed, 25 Nov 2026 02:01:30 GMT"]) == 90)
    #expect(rest(503, ["Retry-After": "soon"]) == nil)
  }

  @Test("times of HTTP are read in the form that servers write")
  func dates() {
    func seconds(_ text: String) -> Double? { HTTPDate.date(text)?.timeIntervalSince1970 }
    #expect(seconds(date) == 1_795_572_000)
    #expect(seconds("Thu, 01 Jan 1970 00:00:00 GMT") == 0)
    #expect(seconds("Tue, 29 Feb 2028 23:59:59 GMT") == 1_835_481_599)
    for odd in [
      "", "Wed, 25 Nov 2026 02:00:00 CET", "Wed, 25 Nov 2026 25:00:00 GMT", "Wednesday, 25-Nov-26 02:00:00 GMT",
    ] {
      #expect(seconds(odd) == nil)
    }
  }

  @Test("the primary limit ends by GitHub's own clock, the secondary one after a minute where nothing is said")
  func limits() {
    let reset = ["X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1795572060", "Date": date]
    #expect(rest(403, HTTPHeaders(reset.map { ($0.key, $0.value) })) == 61)
    #expect(rest(403, ["X-RateLimit-Remaining": "12", "X-RateLimit-Reset": "1795572060"]) == nil)
    #expect(rest(403, [:], true) == 60)
    #expect(rest(429, [:]) == 60)
    #expect(rest(403, [:]) == nil)
    #expect(rest(404, ["X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1795572060"]) == nil)
  }

  @Test("where a list goes on is taken from the header as a value, never as an address")
  func links() {
    func next(_ link: String) -> String? { PageLink.next("cursor", ["Link": link]) }
    let api = "https://api.github.com/repositories/1/hooks/2/deliveries"
    #expect(next("<\(api)?per_page=100&cursor=v1_17>; rel=\"next\"") == "v1_17")
    #expect(next("<\(api)?cursor=v1_1>; rel=\"prev\", <\(api)?cursor=v1_17>; rel=\"next\"") == "v1_17")
    #expect(next("<\(api)?cursor=v1_1>; rel=\"prev\"") == nil)
    #expect(next("<https://evil.example/?cursor=v1_3>; rel=\"next\"") == "v1_3")
    for odd in [
      "", "<", "next", "<\(api)?cursor=a b>; rel=\"next\"", "<\(api)?cursor=>; rel=\"next\"", "<\(api)>; rel=next",
    ] {
      #expect(next(odd) == nil)
    }
  }
}
