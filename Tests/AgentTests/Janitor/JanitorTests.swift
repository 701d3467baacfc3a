import Agent
import Foundation
import Model
import Store
import Synchronization
import TestSupport
import Testing

@Suite struct JanitorTests {
  @Test("the inbox is kept as small as the rules in force say, and a reload changes it")
  func inbox() async throws {
    let fixture = try AgentUnderTest(someRules([]))
    for number in 1...5 { _ = await fixture.agent.receive(try signedPush(id: "d-\(number)")) }
    var rules = someRules([])
    rules.inbox.keep = 2
    let inForce = RulesInForce(
      rules,
      origin: RulesOrigin(
        load: {
          var rules = someRules([])
          rules.inbox.keep = 1
          return .init(rules: rules, needsRestart: [])
        }, loadPipelines: { $0.pipelines }, fingerprint: { 0 }),
      logger: .silent)
    let duty = InboxDuty(inbox: fixture.store, rules: inForce, logger: .silent)

    try await duty.perform()
    #expect(try await fixture.agent.deliveries(DeliveryFilter()).map(\.number) == [5, 4])

    _ = try await inForce.reload()
    try await duty.perform()
    #expect(try await fixture.agent.deliveries(DeliveryFilter()).map(\.number) == [5])
  }

  @Test("deliveries older than the rules allow go, by the clock that the duty is given")
  func age() async throws {
    let fixture = try AgentUnderTest(someRules([]))
    _ = await fixture.agent.receive(try signedPush())
    let almost = InboxDuty(
      inbox: fixture.store, rules: fixture.rules, logger: .silent, now: { Date() + 89 * 86_400 })
    let over = InboxDuty(inbox: fixture.store, rules: fixture.rules, logger: .silent, now: { Date() + 91 * 86_400 })

    try await almost.perform()
    #expect(try await fixture.agent.deliveries(DeliveryFilter()).count == 1)
    try await over.perform()
    #expect(try await fixture.agent.deliveries(DeliveryFilter()).isEmpty)
  }

  @Test("a duty that fails keeps neither the others nor its next turn from being done")
  func failures() async throws {
    let (turns, turn) = AsyncStream<String>.makeStream()
    let janitor = Janitor(
      [Duty(name: "failing", turn: turn, failure: StoreFailure("the disk is full")), Duty(name: "other", turn: turn)],
      interval: .milliseconds(1), logger: .silent)

    let serving = Task { try await janitor.run() }
    var seen: [String] = []
    for await name in turns {
      seen.append(name)
      if seen.count == 4 { break }
    }
    serving.cancel()
    try await serving.value

    #expect(seen == ["failing", "other", "failing", "other"])
  }

  private struct Duty: JanitorDuty {
    let name: String
    let turn: AsyncStream<String>.Continuation
    var failure: (any Error)?

    func perform() async throws {
      turn.yield(name)
      if let failure { throw failure }
    }
  }
}
