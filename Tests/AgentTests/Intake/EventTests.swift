import Agent
import FoundationEssentials
import Model
import Store
import Testing
import Webhooks

/// Events of senders that are no forges, from the delivery to the queued run and the answer.
@Suite struct EventTests {
  private func request(_ sender: String, _ body: String, event: String = "event", id: String = "d-1") throws
    -> HookRequest
  {
    let known = try #require(Senders.named(sender))
    let signed = SignedRequest(headers: [:], body: Array(body.utf8), now: Date().timeIntervalSince1970)
    let headers = known.headers(signing: signed, event: event, id: id, secret: Secret(theSecret))
    return HookRequest(source: sender, headers: try #require(headers), body: signed.body, address: nil)
  }

  private func fixture(_ triggers: WebhookTrigger..., ref: String = "refs/heads/stable") throws -> AgentUnderTest {
    var pipeline = try somePipeline("hook")
    pipeline.triggers = Triggers(webhooks: triggers)
    pipeline.ref = RefName(ref)
    var rules = someRules([pipeline])
    for name in ["stripe", "slack", "woocommerce", "github"] {
      rules.sources[name] = Source(name: name, sender: try #require(Senders.named(name)), secrets: [Secret(theSecret)])
    }
    return try AgentUnderTest(rules)
  }

  private static let paid = #"{"id": "evt_1", "type": "invoice.paid", "data": {"object": {"currency": "usd"}}}"#

  @Test("an event that a pipeline listens to is 202 with a run of the tip of its ref")
  func started() async throws {
    let fixture = try fixture(
      WebhookTrigger(
        source: "stripe", events: ["invoice.*"],
        conditions: [.init(path: ["data", "object", "currency"], values: [.text("usd")])]))
    let answer = await fixture.agent.receive(try request("stripe", Self.paid))
    #expect(answer.status == 202)
    #expect(answer.body.contains(#""runs":[1]"#))
    let run = try await fixture.agent.run(number: 1).request
    #expect(run.trigger == .webhook)
    #expect(run.ref.full == "refs/heads/stable")
    #expect(run.commit == nil && run.before == nil && run.pusher == nil && run.message == nil)
    #expect(run.delivery == 1)
    let delivery = try await fixture.agent.delivery(number: 1)
    #expect(delivery.event == "invoice.paid" && delivery.id == "evt_1")
    #expect(
      delivery.decisions == [
        Decision(
          pipeline: "hook", starts: true,
          reason: #"event "invoice.paid" matches "invoice.*", data.object.currency is "usd""#)
      ])
    // Stripe sends again what it thinks was lost, with the same id.
    let again = await fixture.agent.receive(try request("stripe", Self.paid))
    #expect(again.status == 202 && again.body.contains("received before, as delivery 1: started run 1"))
    #expect(try await fixture.agent.runs(RunFilter()).count == 1)
  }

  @Test("one that no rule matches is 200, and answer and inbox name the rule")
  func ignored() async throws {
    let reason = #"type is "invoice.paid", not one of [charge.refunded]"#
    let fixture = try fixture(
      WebhookTrigger(source: "stripe", conditions: [.init(path: ["type"], values: [.text("charge.refunded")])]))
    let answer = await fixture.agent.receive(try request("stripe", Self.paid))
    #expect(answer.status == 200)
    #expect(answer.body.contains(reason.replacing("\"", with: "\\\"")))
    #expect(try await fixture.agent.delivery(number: 1).verdict == .ignored(reason: reason))
    let other = await fixture.agent.receive(try request("woocommerce", "{}", event: "order.created"))
    #expect(other.status == 200)
    #expect(
      try await fixture.agent.delivery(number: 2).verdict
        == .ignored(reason: #"no pipeline listens to source "woocommerce""#))
  }

  @Test("WooCommerce is answered exactly 200 where a run starts")
  func wooCommerce() async throws {
    let fixture = try fixture(WebhookTrigger(source: "woocommerce", events: ["order.*"]))
    let answer = await fixture.agent.receive(try request("woocommerce", "{}", event: "order.created"))
    #expect(answer.status == 200)
    #expect(answer.body.contains(#""runs":[1]"#))
  }

  @Test("a slash command is answered with a text that says what came of it")
  func slashCommand() async throws {
    let fixture = try fixture(
      WebhookTrigger(
        source: "slack", events: ["slash_command"],
        conditions: [
          .init(path: ["command"], values: [.text("/deploy")]), .init(path: ["text"], values: [.text("shop")]),
        ]))
    let started = await fixture.agent.receive(try request("slack", "command=%2Fdeploy&text=shop&user_name=ada"))
    #expect(started.status == 200)
    #expect(started.body == #"{"text":"started run 1"}"#)
    let ignored = await fixture.agent.receive(try request("slack", "command=%2Fdeploy&text=blog"))
    #expect(ignored.status == 200)
    #expect(ignored.body == #"{"text":"ignored: text is \"blog\", not one of [shop]"}"#)
  }

  @Test("Slack's challenge is given back and starts nothing, whoever listens")
  func challenge() async throws {
    let fixture = try fixture(WebhookTrigger(source: "slack"))
    let answer = await fixture.agent.receive(
      try request("slack", #"{"type": "url_verification", "challenge": "abc"}"#))
    #expect(answer.body == #"{"challenge":"abc"}"#)
    #expect(try await fixture.agent.runs(RunFilter()).isEmpty)
  }

  @Test("a forge's event that is no push starts what listens to it; its ping does not")
  func forge() async throws {
    let fixture = try fixture(
      WebhookTrigger(
        source: "github", conditions: [.init(path: ["action"], values: [.text("published"), .absent])]))
    let release = try signedPush(id: "d-1", body: #"{"action":"published","release":{}}"#, event: "release")
    let ping = try signedPush(id: "d-2", body: #"{"zen":"x"}"#, event: "ping")
    #expect(await fixture.agent.receive(release).status == 202)
    #expect(await fixture.agent.receive(ping).status == 200)
    #expect(try await fixture.agent.runs(RunFilter()).map(\.request.trigger) == [.webhook])
    #expect(try await fixture.agent.delivery(number: 2).verdict == .ignored(reason: "ping"))
  }

  @Test("a replay asks the rules about the event again, signature and age apart")
  func replay() async throws {
    let fixture = try fixture(
      WebhookTrigger(
        source: "stripe", conditions: [.init(path: ["data", "object", "currency"], values: [.text("usd")])]))
    _ = await fixture.agent.receive(try request("stripe", Self.paid))
    let again = try await fixture.agent.replay(delivery: 1, by: .ada)
    #expect(again.verdict == .started(runs: [2]))
    let run = try await fixture.agent.run(number: 2).request
    #expect(run.trigger == .webhook && run.commit == nil && run.delivery == 2)
  }

  @Test("a rerun of a run whose commit was found by the runner is of exactly that commit")
  func rerun() async throws {
    let fixture = try fixture(WebhookTrigger(source: "stripe"))
    _ = await fixture.agent.receive(try request("stripe", Self.paid))
    _ = try await fixture.store.move(run: 1, to: RunOutcome(.running), at: Date())
    _ = try await fixture.store.move(run: 1, to: RunOutcome(.failed, reason: "x", commit: someCommit), at: Date())
    let again = try await fixture.agent.rerun(run: 1, by: .ada).request
    #expect(again.commit == someCommit && again.ref.full == "refs/heads/stable" && again.delivery == 1)
    #expect(again.trigger == .rerun && again.attempt == 2)
  }
}
