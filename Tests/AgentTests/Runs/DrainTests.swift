import Foundation
import Model
import Store
import Testing

@testable import Agent

@Suite struct DrainTests {
  @Test("a drained agent starts nothing, sees what is under way to its end, and starts what waits when it is over")
  func drain() async throws {
    let fixture = try AgentUnderTest(someRules([]))
    fixture.serve()
    let first = try await fixture.queue(try somePipeline())
    let runner = try await fixture.launcher.runner(0)
    _ = try await fixture.wait(for: .running, of: first.number)

    let drained = try await fixture.agent.drain(true, by: .ada)
    #expect(drained.runningRuns == 1)
    #expect(drained.draining?.by == "ada")
    let second = try await fixture.queue(try somePipeline("other"))
    try runner.finish(.succeeded)
    _ = try await fixture.wait(for: .succeeded, of: first.number)
    for _ in 1...1000 where await fixture.agent.status().runningRuns > 0 { await fixture.dispatcher.comeRound() }
    for _ in 1...3 { await fixture.dispatcher.comeRound() }
    #expect(try await fixture.store.run(number: second.number)?.state == .queued)
    #expect(await fixture.agent.status().runningRuns == 0)

    // Asking again changes nothing.
    #expect(try await fixture.agent.drain(true, by: .bob).draining == drained.draining)
    #expect(try await fixture.agent.drain(false, by: .bob).draining == nil)
    _ = try await fixture.wait(for: .running, of: second.number)
    let acts = try await fixture.store.audit(before: nil, limit: 10).map { "\($0.act.person) \($0.act.kind.rawValue)" }
    #expect(Set(acts) == ["ada drain", "bob drain", "bob drain off"])
  }

  @Test("a run whose runner died is repeated, unless the agent is drained")
  func repetition() async throws {
    let fixture = try AgentUnderTest(someRules([]))
    fixture.serve()
    var pipeline = try somePipeline()
    pipeline.onInterrupt = .rerun
    let run = try await fixture.queue(pipeline)
    let runner = try await fixture.launcher.runner(0)
    _ = try await fixture.wait(for: .running, of: run.number)
    _ = try await fixture.agent.drain(true, by: .ada)
    runner.die()
    _ = try await fixture.wait(for: .interrupted, of: run.number)
    #expect(try await fixture.store.run(number: run.number + 1)?.state == .queued)
    _ = try await fixture.agent.drain(false, by: .ada)
    try await fixture.launcher.runner(1).finish(.succeeded)
    #expect(try await fixture.wait(for: .succeeded, of: run.number + 1).request.attempt == 2)
  }
}
