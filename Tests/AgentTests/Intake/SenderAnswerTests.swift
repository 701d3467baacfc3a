import Agent
import FoundationEssentials
import Model
import Testing
import Webhooks

/// What senders that want more than a 2xx are told, and deliveries that tell of several refs.
@Suite struct SenderAnswerTests {
  private func request(_ sender: String, _ body: String) throws -> HookRequest {
    let known = try #require(Senders.named(sender))
    let signed = SignedRequest(headers: [:], body: Array(body.utf8), now: Date().timeIntervalSince1970)
    let headers = known.headers(signing: signed, event: "push", id: "d-1", secret: Secret(theSecret))
    return HookRequest(source: sender, headers: try #require(headers), body: signed.body, address: nil)
  }

  private func rules(_ sender: String, _ pipelines: [Pipeline] = []) throws -> Ruleset {
    var rules = someRules(pipelines)
    rules.sources = [
      sender: Source(name: sender, sender: try #require(Senders.named(sender)), secrets: [Secret(theSecret)])
    ]
    return rules
  }

  @Test("Slack gets its challenge back, once the delivery is in the inbox")
  func challenge() async throws {
    let fixture = try AgentUnderTest(try rules("slack"))
    let answer = await fixture.agent.receive(
      try request("slack", #"{"type": "url_verification", "challenge": "abc"}"#))
    #expect(answer.status == 200)
    #expect(answer.body == #"{"challenge":"abc"}"#)
    #expect(try await fixture.agent.delivery(number: 1).verdict == .ignored(reason: "challenge answered"))
  }

  @Test("a slash command that is posted again, as it was signed, is known by its trigger")
  func repeatedCommand() async throws {
    let fixture = try AgentUnderTest(try rules("slack"))
    let command = try request("slack", "command=%2Fdeploy&text=shop&trigger_id=133.73.80")
    #expect(await fixture.agent.receive(command).status == 200)
    #expect(await fixture.agent.receive(command).status == 200)
    #expect(try await fixture.agent.delivery(number: 1).repeats == 1)
    #expect(try await fixture.agent.delivery(number: 1).id == "133.73.80")
    #expect(try await fixture.agent.deliveries(DeliveryFilter(limit: 10)).count == 1)
  }

  @Test("WooCommerce's unsigned ping is 200, and all else that is unsigned 401")
  func unsignedPing() async throws {
    let fixture = try AgentUnderTest(try rules("woocommerce"))
    let unsigned = { (body: String) in
      HookRequest(source: "woocommerce", headers: [:], body: Array(body.utf8), address: nil)
    }
    #expect(await fixture.agent.receive(unsigned("webhook_id=42")).status == 200)
    #expect(await fixture.agent.receive(unsigned("webhook_id=42&x")).status == 401)
    #expect(await fixture.agent.receive(try request("woocommerce", "{}")).status == 200)
  }

  @Test("Bitbucket Data Center's unsigned test of the connection is 200, is recorded as rejected, and starts nothing")
  func testConnection() async throws {
    let fixture = try AgentUnderTest(try rules("bitbucket-server", [try somePipeline()]))
    let unsigned = { (event: String) in
      HookRequest(
        source: "bitbucket-server", headers: ["Content-Type": "application/json", "X-Event-Key": event],
        body: Array(#"{"test": true}"#.utf8), address: nil)
    }
    #expect(await fixture.agent.receive(unsigned("diagnostics:ping")).status == 200)
    guard case .rejected(let reason) = try await fixture.agent.delivery(number: 1).verdict else {
      Issue.record("it was not rejected")
      return
    }
    #expect(reason == "it is Bitbucket's unsigned ping: answered, and nothing more")
    #expect(await fixture.agent.receive(unsigned("repo:refs_changed")).status == 401)
  }

  @Test("a push of a Bitbucket Data Center that sends no address starts the pipeline of that project and name")
  func withoutAddress() async throws {
    let pipeline = try somePipeline(branches: ["main"], repository: "ssh://git@git.example.org:7999/acme/shop.git")
    for (name, status) in [("shop", 202), ("blog", 200)] {
      let body = """
        {"repository": {"slug": "\(name)", "project": {"key": "ACME"}},
         "changes": [{"ref": {"id": "refs/heads/main"}, "fromHash": "\(otherCommit)", "toHash": "\(someCommit)"}]}
        """
      let fixture = try AgentUnderTest(try rules("bitbucket-server", [pipeline]))
      let answer = await fixture.agent.receive(try request("bitbucket-server", body))
      #expect(answer.status == status)
      #expect(answer.body.contains("no address of it") == (name == "blog"))
    }
  }

  @Test("every ref of a delivery starts what it matches")
  func severalRefs() async throws {
    let state = { (name: String) in
      #"{"type": "branch", "name": "\#(name)", "target": {"hash": "\#(someCommit)"}}"#
    }
    let body = """
      {"repository": {"full_name": "acme/shop"},
       "push": {"changes": [{"new": \(state("dev"))}, {"new": \(state("main"))}, {"new": \(state("next"))}]}}
      """
    let pipeline = try somePipeline(branches: ["main", "next"], repository: "https://bitbucket.org/acme/shop.git")
    let fixture = try AgentUnderTest(try rules("bitbucket", [pipeline]))
    #expect(await fixture.agent.receive(try request("bitbucket", body)).status == 202)
    #expect(try await fixture.agent.run(number: 1).request.ref.branch == "main")
    #expect(try await fixture.agent.run(number: 2).request.ref.branch == "next")
    #expect(try await fixture.agent.delivery(number: 1).decisions.map(\.starts) == [true])
  }
}
