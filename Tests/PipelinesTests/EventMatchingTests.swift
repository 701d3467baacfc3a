import FoundationEssentials
import Model
import Testing

@testable import Pipelines

/// The exact words in which an event is told why.
@Suite struct EventMatchingTests {
  private static let checkout = """
    {"id": "evt_1", "type": "checkout.session.completed", "livemode": true, "created": 1700000000,
     "data": {"object": {"currency": "usd", "amount": 1200, "rate": 0.5, "customer": null, "tags": [], "ref": "a/b",
       "items": [{"sku": "a-1", "sizes": ["s", "m"]}, {"sku": "b-2", "sizes": ["l"]}, {"other": 1}]}}}
    """

  private func event(
    _ json: String = checkout, source: String = "stripe", name: String? = "checkout.session.completed"
  ) -> SenderEvent {
    SenderEvent(source: source, name: name, pushes: [], notAPush: nil, isGreeting: false) {
      try JSONDecoder().decode(JSONValue.self, from: Data(json.utf8))
    }
  }

  private func decision(_ webhook: String, _ event: SenderEvent) throws -> Decision {
    let answer = DeliveryMatching.decide(event, [try minimal(on: "{webhook: \(webhook)}")])
    #expect(answer.runs.count == (answer.decisions[0].starts ? 1 : 0))
    return answer.decisions[0]
  }

  @Test(
    "sources and events",
    arguments: [
      ("{source: stripe}", true, "every event of source \"stripe\" matches"),
      ("{source: slack}", false, "the pipeline listens to source \"slack\""),
      ("[{source: slack}, {source: paypal}]", false, "the pipeline listens to sources \"slack\", \"paypal\""),
      (
        "{source: stripe, event: \"checkout.*\"}", true,
        "event \"checkout.session.completed\" matches \"checkout.*\""
      ),
      ("{source: stripe, event: ping}", false, "event \"checkout.session.completed\" not in [ping]"),
      (
        "{source: stripe, event: [\"*\", \"!*.completed\"]}", false,
        "event \"checkout.session.completed\" excluded by \"!*.completed\""
      ),
      (
        "[{source: slack}, {source: stripe, event: x}, {source: stripe, event: y}]", false,
        "event \"checkout.session.completed\" not in [x]; event \"checkout.session.completed\" not in [y]"
      ),
      (
        "[{source: stripe, event: x}, {source: stripe, where: {livemode: true}}]", true, "livemode is true"
      ),
    ])
  func events(webhook: String, starts: Bool, reason: String) throws {
    let decision = try decision(webhook, event())
    #expect(decision.starts == starts)
    #expect(decision.reason == reason)
  }

  @Test("an event without a name matches no pattern, and everything else")
  func nameless() throws {
    #expect(try decision("{source: stripe}", event(name: nil)).starts)
    #expect(
      try decision("{source: stripe, event: \"**\"}", event(name: nil)).reason == "the delivery does not name its event"
    )
  }

  @Test(
    "fields",
    arguments: [
      ("{type: checkout.session.completed}", true, "type is \"checkout.session.completed\""),
      (
        "{type: [payment_intent.succeeded]}", false,
        "type is \"checkout.session.completed\", not one of [payment_intent.succeeded]"
      ),
      ("{type: \"checkout.*\"}", true, "type is \"checkout.session.completed\""),
      ("{data.object.currency: [usd, eur]}", true, "data.object.currency is \"usd\""),
      ("{data.object.currency: USD}", false, "data.object.currency is \"usd\", not one of [USD]"),
      ("{data.object.currencies: usd}", false, "data.object.currencies is missing"),
      ("{data.object.currency.code: usd}", false, "data.object.currency.code is missing"),
      ("{data.object.amount: 1200}", true, "data.object.amount is 1200"),
      ("{data.object.amount: 1.2e3}", true, "data.object.amount is 1200"),
      ("{data.object.amount: \"1200\"}", false, "data.object.amount is 1200, not one of [\"1200\"]"),
      ("{data.object.rate: 1}", false, "data.object.rate is 0.5, not one of [1]"),
      ("{livemode: [false, \"true\", 1]}", false, "livemode is true, not one of [false, \"true\", 1]"),
      ("{data.object.customer: null}", true, "data.object.customer is null"),
      ("{data.object.customer: x}", false, "data.object.customer is null, not one of [x]"),
      ("{data.object.nothing: null}", true, "data.object.nothing is missing"),
      ("{data.object.nothing: [x, ~]}", true, "data.object.nothing is missing"),
      ("{data.object.amount: null}", false, "data.object.amount is 1200, not one of [null]"),
      ("{data.object: x}", false, "data.object is an object, not one of [x]"),
      ("{data.object.ref: \"*\"}", false, "data.object.ref is \"a/b\", not one of [*]"),
      ("{data.object.ref: \"**\"}", true, "data.object.ref is \"a/b\""),
      ("{data.object.items.sku: b-2}", true, "data.object.items.sku is \"b-2\""),
      ("{data.object.items.sku: c-3}", false, "data.object.items.sku has [\"a-1\", \"b-2\"], not one of [c-3]"),
      ("{data.object.items.sizes: l}", true, "data.object.items.sizes is \"l\""),
      (
        "{data.object.items.sizes: [xl, xs]}", false,
        "data.object.items.sizes has [\"s\", \"m\", \"l\"], not one of [xl, xs]"
      ),
      ("{data.object.items.0.sku: b-2}", false, "data.object.items.0.sku is \"a-1\", not one of [b-2]"),
      ("{data.object.items.1.sku: b-2}", true, "data.object.items.1.sku is \"b-2\""),
      ("{data.object.items.0.sizes.1: m}", true, "data.object.items.0.sizes.1 is \"m\""),
      ("{data.object.items.7.sku: a-1}", false, "data.object.items.7.sku is missing"),
      ("{data.object.tags: x}", false, "data.object.tags is an empty list, not one of [x]"),
      ("{data.object.tags.name: x}", false, "data.object.tags.name is missing"),
      (
        "{livemode: true, data.object.currency: usd}", true, "livemode is true, data.object.currency is \"usd\""
      ),
      (
        "{livemode: true, data.object.currency: eur, type: x}", false,
        "data.object.currency is \"usd\", not one of [eur]"
      ),
    ])
  func fields(conditions: String, starts: Bool, reason: String) throws {
    let decision = try decision("{source: stripe, where: \(conditions)}", event())
    #expect(decision.starts == starts)
    #expect(decision.reason == reason)
  }

  @Test("where a form lacks a field, it is said that the body was read as one")
  func formFields() throws {
    var form = event("{\"a\": \"b\"}")
    form.isForm = true
    func reason(_ conditions: String) throws -> String {
      try decision("{source: stripe, where: \(conditions)}", form).reason
    }
    #expect(try reason("{x: y}") == "x is missing (the body was read as a form, as its Content-Type says)")
    #expect(try reason("{x: null}") == "x is missing")
    #expect(try reason("{a: y}") == "a is \"b\", not one of [y]")
  }

  @Test("fields are read when a rule needs them, and then once; what cannot be read is the reason")
  func lazily() throws {
    struct Broken: Error, CustomStringConvertible { let description = "The payload is not JSON." }
    var count = 0
    var asked = event()
    asked.fields = {
      count += 1
      throw Broken()
    }
    let two = try ["{source: slack, where: {a: 1}}", "{source: stripe, event: x, where: {a: 1}}"].map {
      try minimal(on: "{webhook: \($0)}")
    }
    _ = DeliveryMatching.decide(asked, two)
    #expect(count == 0)
    let both = try minimal(on: "{webhook: {source: stripe, where: {a: 1}}}")
    let answer = DeliveryMatching.decide(asked, [both, both])
    #expect(count == 1)
    #expect(answer.decisions[1].reason == "the event's fields cannot be read: The payload is not JSON.")
  }

  @Test("text from a payload is escaped and bounded where it is shown")
  func hostile() throws {
    let evil = #"\u001b[2J\n\u202e"# + String(repeating: "x", count: 5_000)
    let list = "[" + Array(repeating: "\"\(evil)\"", count: 100).joined(separator: ",") + "]"
    for value in ["\"\(evil)\"", list] {
      let reason = try decision("{source: stripe, where: {a: y}}", event("{\"a\": \(value)}")).reason
      #expect(reason.count < 1_500)
      #expect(!reason.unicodeScalars.contains { $0.value < 0x20 || $0 == "\u{202e}" })
    }
    let name = "a\u{1b}" + String(repeating: "x", count: 5_000)
    let reason = try decision("{source: stripe, event: y}", event(name: name)).reason
    #expect(reason.count < 400 && !reason.contains("\u{1b}"))
  }

  @Test("a glob over a long text takes no time that anybody notices, and one that is too long does not match")
  func longTexts() throws {
    let pattern = String(repeating: "*a", count: 100) + "b"
    for length in [60_000, 200_000] {
      let text = String(repeating: "a", count: length)
      #expect(!(try decision("{source: stripe, where: {a: \"\(pattern)\"}}", event("{\"a\": \"\(text)\"}")).starts))
    }
  }

  @Test("a number that no Double holds matches nothing, and what stands beside it is compared all the same")
  func tooLarge() throws {
    let event = event(#"{"a": 1e400, "b": "x"}"#)
    #expect(try decision("{source: stripe, where: {b: x}}", event).starts)
    #expect(
      try decision("{source: stripe, where: {a: [9007199254740991, \"*\", null]}}", event).reason
        == "a is a number beyond all that can be compared, not one of [9007199254740991, *, null]")
  }

  @Test("letters that look alike are not equal")
  func composed() throws {
    #expect(!(try decision("{source: stripe, where: {a: \"e\u{301}\"}}", event("{\"a\": \"é\"}")).starts))
    #expect(try decision("{source: stripe, where: {a: \"é\"}}", event("{\"a\": \"\\u00e9\"}")).starts)
  }
}
