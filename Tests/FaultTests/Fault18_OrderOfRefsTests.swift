import EndToEndSupport
import Foundation
import Model
import TestSupport
import Testing

@Suite("Fault 18: refs that go back, are made and go away")
struct Fault18_OrderOfRefsTests {
  private static func agent(_ chain: CommitChain) throws -> AgentUnderTest {
    let agent = try AgentUnderTest(pipelines: [:], name: "fault18")
    try agent.area.write(
      "pipelines/shop.yml",
      """
      name: shop
      repo: \(chain.url)
      on: { push: { branches: ["**"], tags: ["**"] } }
      steps: ["cat number >> '\(agent.area.file("journal"))'"]
      """)
    try agent.start()
    return agent
  }

  private func journal(_ agent: AgentUnderTest) throws -> String { try agent.area.read("journal") }

  @Test("a force-push back to an older commit is deployed; the commit it removed is not, with the reason")
  func forcedBack() throws {
    let chain = try CommitChain(5)
    let agent = try Self.agent(chain)
    try chain.point("refs/heads/main", at: 3)
    let first = try #require(try agent.post(chain.push(3)).runs.first)
    #expect(try agent.finished(first).run.state == .succeeded)

    try chain.point("refs/heads/main", at: 1)
    var back = chain.push(1)
    back.before = chain.commits[3]
    let second = try #require(try agent.post(back).runs.first)
    #expect(try agent.finished(second).run.state == .succeeded)
    // A delivery of what is gone now, late.
    let third = try #require(try agent.post(chain.push(2)).runs.first)
    let gone = try agent.finished(third).run
    #expect(gone.state == .failed)
    #expect(gone.reason?.contains("is not reachable from refs/heads/main any more") == true)
    // Forward again, one by one, with the second delivered first.
    try chain.point("refs/heads/main", at: 3)
    let fourth = try #require(try agent.post(chain.push(3)).runs.first)
    #expect(try agent.finished(fourth).run.state == .succeeded)
    let fifth = try #require(try agent.post(chain.push(2)).runs.first)
    let late = try agent.finished(fifth).run
    #expect(late.state == .superseded)
    #expect(late.supersededBy == fourth)
    #expect(late.reason?.hasPrefix("superseded by run \(fourth), ") == true)

    #expect(try journal(agent) == "4\n2\n4\n")
  }

  @Test("each branch and tag has an order of its own: an older commit under another name is deployed")
  func otherRefs() throws {
    let chain = try CommitChain(5)
    let agent = try Self.agent(chain)
    for (ref, place) in [("refs/heads/main", 4), ("refs/heads/old", 1), ("refs/tags/v1", 2), ("refs/tags/v0", 0)] {
      try chain.point(ref, at: place)
      var push = chain.push(place, ref: ref)
      push.before = String(repeating: "0", count: 40)
      let run = try #require(try agent.post(push).runs.first)
      #expect(try agent.finished(run).run.state == .succeeded, "\(ref)")
    }
    // A tag that is moved back is where it was put.
    try chain.point("refs/tags/v1", at: 1)
    let run = try #require(try agent.post(chain.push(1, ref: "refs/tags/v1")).runs.first)
    #expect(try agent.finished(run).run.state == .succeeded)
    #expect(try journal(agent) == "5\n2\n3\n1\n2\n")
  }

  @Test("a deletion starts nothing and says so; what was pushed before it and waits fails with the reason")
  func deleted() throws {
    let chain = try CommitChain(3)
    let agent = try Self.agent(chain)
    try chain.point("refs/heads/topic", at: 1)
    let first = try #require(try agent.post(chain.push(1, ref: "refs/heads/topic")).runs.first)
    #expect(try agent.finished(first).run.state == .succeeded)
    try chain.repository.git("update-ref", "-d", "refs/heads/topic")

    var deletion = chain.push(1, ref: "refs/heads/topic")
    (deletion.before, deletion.after) = (chain.commits[1], String(repeating: "0", count: 40))
    let answer = try agent.post(deletion)
    #expect(answer.status == 200)
    #expect(answer.runs.isEmpty)
    #expect(answer.answer?.reason?.contains("deleted") == true, "\(answer.body)")
    let late = try #require(try agent.post(chain.push(2, ref: "refs/heads/topic")).runs.first)
    let run = try agent.finished(late).run
    #expect(run.state == .failed)
    #expect(run.reason?.contains("has no branch \"topic\" (any more)") == true, "\(run.reason ?? "")")
    // Made anew at an older commit, it is deployed from there.
    try chain.point("refs/heads/topic", at: 0)
    var anew = chain.push(0, ref: "refs/heads/topic")
    anew.before = String(repeating: "0", count: 40)
    let again = try #require(try agent.post(anew).runs.first)
    #expect(try agent.finished(again).run.state == .succeeded)
    #expect(try journal(agent) == "2\n1\n")
  }
}
