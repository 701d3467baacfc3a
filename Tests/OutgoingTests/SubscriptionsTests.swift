import Agent
import Model
import Synchronization
import TestSupport
import Testing

@testable import Outgoing

@Suite("Subscriptions follow the configuration")
struct SubscriptionsTests {
  private static func rules(_ subscriptions: Set<Subscription>) -> Ruleset {
    Ruleset(sources: [:], subscriptions: subscriptions, pipelines: [])
  }

  @Test("a reload begins what is new and ends what is gone, and leaves the rest connected")
  func reload() async throws {
    let script: @Sendable (EventStreamServer.Subscriber) throws -> Void = { subscriber in
      try subscriber.open()
      subscriber.connection.waitUntilGone()
    }
    let (kept, old, new) = (
      try EventStreamServer(script), try EventStreamServer(script), try EventStreamServer(script)
    )
    let github = try ForwarderServer { socket, _ in socket.connection.waitUntilGone() }
    func relay(_ server: EventStreamServer, _ source: String) throws -> Subscription {
      Subscription(source: source, at: .relay(try #require(WebAddress(server.url))))
    }
    func forward(_ events: [String]) throws -> Subscription {
      Subscription(
        source: "github",
        at: .forward(
          Forwarding(
            repository: "acme/shop", token: Secret("t0ken"), events: events,
            api: try #require(WebAddress(github.api)), secret: Secret("s3cret"))))
    }
    let first = Self.rules([try relay(kept, "kept"), try relay(old, "moved"), try forward(["push"])])
    let second = Self.rules([try relay(kept, "kept"), try relay(new, "moved"), try forward(["push", "release"])])
    let next = Mutex(second)
    let rules = RulesInForce(
      first,
      origin: RulesOrigin(
        load: { .init(rules: next.withLock { $0 }, needsRestart: []) }, loadPipelines: { $0.pipelines },
        fingerprint: { 0 }),
      logger: .silent)
    let board = SubscriptionBoard()
    let subscriptions = Subscriptions(
      rules: rules, board: board, limits: RunningSubscription.limits(), logger: .silent,
      receive: { _ in HookAnswer(status: 202, body: "{}") })
    let running = Task { try await subscriptions.run() }

    try await eventually("all connected") { board.all.filter(\.isConnected).count == 3 }
    _ = try await rules.reload()
    try await eventually("the new ones connected") {
      new.requests.count == 1 && board.all.filter(\.isConnected).count == 3
        && github.requests.contains { $0.hasPrefix("PATCH /repos/acme/shop/hooks/2 ") }
    }
    #expect(board.all.map(\.source) == ["github", "kept", "moved"])
    #expect(board.all.map(\.way) == [.forward, .relay, .relay])
    #expect(kept.requests.count == 1)
    #expect(old.requests.count == 1)
    // GitHub allows one for a repository, so the old one has to be gone first.
    #expect(
      github.requests.map { $0.prefix { $0 != " " } } == ["POST", "GET", "PATCH", "DELETE", "POST", "GET", "PATCH"])

    next.withLock { $0 = Self.rules([]) }
    _ = try await rules.reload()
    try await eventually("none left") { board.all.isEmpty }
    running.cancel()
    try await running.value
  }

  @Test("stopping does not wait for a server that says nothing, neither while opening nor while saying farewell")
  func silentServers() async throws {
    let silent = try SilentServer()
    let api = try #require(WebAddress("http://127.0.0.1:\(silent.port)"))
    let github = try ForwarderServer(addresses: (nil, "ws://127.0.0.1:\(silent.port)/"))
    let subscriptions: Set = [
      Subscription(source: "relay", at: .relay(api)),
      Subscription(
        source: "api",
        at: .forward(
          Forwarding(
            repository: "acme/shop", token: Secret("t"), events: ["push"], api: api, secret: Secret("s")))),
      Subscription(
        source: "socket",
        at: .forward(
          Forwarding(
            repository: "acme/shop", token: Secret("t"), events: ["push"], api: try #require(WebAddress(github.api)),
            secret: Secret("s")))),
    ]
    let rules = RulesInForce(
      Self.rules(subscriptions),
      origin: RulesOrigin(
        load: { .init(rules: Self.rules([]), needsRestart: []) }, loadPipelines: { $0.pipelines }, fingerprint: { 0 }),
      logger: .silent)
    let service = Subscriptions(
      rules: rules, board: SubscriptionBoard(), limits: SubscriptionLimits(body: 1000), logger: .silent,
      receive: { _ in HookAnswer(status: 202, body: "{}") })
    let running = Task { try await service.run() }
    try await eventually("the webhook") { !github.requests.isEmpty }
    let began = ContinuousClock.now
    running.cancel()
    try await running.value
    // The requests that hang wait 15 seconds and more; the agent has five for everything.
    #expect(began.duration(to: .now) < .seconds(5))
  }
}
