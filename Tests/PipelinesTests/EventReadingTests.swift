import FoundationEssentials
import Model
import Testing

@testable import Pipelines

/// `on.webhook` and `ref`, as people write them.
@Suite struct EventReadingTests {
  private func read(_ webhook: String) throws -> [WebhookTrigger]? {
    try minimal(on: "{webhook: \(webhook)}").triggers.webhooks
  }

  @Test("one source, its events and its fields")
  func everything() throws {
    let read = try pipeline(
      """
      repo: https://github.com/acme/shop.git
      ref: release/stable
      on:
        webhook:
          source: stripe
          event: "checkout.*"
          where:
            type: checkout.session.completed
            data.object.currency: [usd, eur]
            data.object.amount: 1200
            livemode: true
            data.object.canceled_at: null
            data.object.items.0.sku: "a-*"
      steps: [make]
      """)
    #expect(read.ref?.full == "refs/heads/release/stable")
    #expect(read.usualRef == read.ref)
    #expect(
      read.triggers.webhooks == [
        WebhookTrigger(
          source: "stripe", events: ["checkout.*"],
          conditions: [
            .init(path: ["type"], values: [.text("checkout.session.completed")]),
            .init(path: ["data", "object", "currency"], values: [.text("usd"), .text("eur")]),
            .init(path: ["data", "object", "amount"], values: [.number(1200)]),
            .init(path: ["livemode"], values: [.bool(true)]),
            .init(path: ["data", "object", "canceled_at"], values: [.absent]),
            .init(path: ["data", "object", "items", "0", "sku"], values: [.text("a-*")]),
          ])
      ])
  }

  @Test("a list of triggers, and lists of events")
  func several() throws {
    #expect(
      try read("[{source: stripe}, {source: github, event: [release, \"!ping\"]}]") == [
        WebhookTrigger(source: "stripe"), WebhookTrigger(source: "github", events: ["release", "!ping"]),
      ])
  }

  @Test(
    "a value is of the kind that it looks like to JSON, and text in quotes",
    arguments: [
      ("1.50", .number(1.5)), ("-0.5e2", .number(-50)), ("007", .text("007")), ("\"1\"", .text("1")),
      ("1.", .text("1.")), (".5", .text(".5")), ("+1", .text("+1")), ("0x10", .text("0x10")), ("1_000", .text("1_000")),
      ("yes", .text("yes")), ("true", .bool(true)), ("\"true\"", .text("true")), ("TRUE", .text("TRUE")),
      ("~", .absent), ("null", .absent), ("\"\"", .text("")), ("\"null\"", .text("null")), (".inf", .text(".inf")),
      ("9007199254740991", .number(9_007_199_254_740_991)), ("-9007199254740991", .number(-9_007_199_254_740_991)),
      ("\"!x\"", .text("!x")), ("\"\\\\!*\"", .text("\\!*")), ("\"\\\\[x]\"", .text("\\[x]")),
      ("2026-11-23", .text("2026-11-23")), ("١", .text("١")),
    ] as [(String, WebhookTrigger.Value)])
  func kinds(written: String, value: WebhookTrigger.Value) throws {
    let text =
      "repo: https://github.com/a/b\non:\n  webhook:\n    source: s\n    where:\n      a: \(written)\nsteps: [x]\n"
    #expect(try pipeline(text).triggers.webhooks?[0].conditions == [.init(path: ["a"], values: [value])])
  }

  @Test(
    "mistakes say what to write instead",
    arguments: [
      ("stripe", "`on.webhook` must be a mapping with `source`", "source: stripe"),
      ("", "`on.webhook` is empty", "source: stripe"),
      ("[]", "`on.webhook` is an empty list", "source: stripe"),
      ("[stripe]", "`on.webhook[1]` must be a mapping", "source: stripe"),
      ("{event: x}", "`on.webhook` has no `source`", "source: stripe"),
      ("{source: s, events: x}", "unknown key `events` in `on.webhook`", "did you mean `event`?"),
      ("{source: s, filter: x}", "unknown key `filter`", "known here: source, event, where"),
      ("{source: [s]}", "`on.webhook.source` must be the name of a source", ""),
      ("{source: s, event: []}", "`on.webhook.event` is an empty list", "leave the key out"),
      ("{source: s, event: [\"!x\"]}", "`on.webhook.event` only excludes", "put \"**\""),
      ("{source: s, event: \"[a\"}", "a `[` is not closed", ""),
      ("{source: s, where: }", "`on.webhook.where` is empty", ""),
      ("{source: s, where: {}}", "`on.webhook.where` is empty", "leave the key out"),
      ("{source: s, where: [a]}", "`on.webhook.where` must be a mapping of field paths", ""),
      (
        "{source: s, where: {data: {object: {x: 1}}}}", "`on.webhook.where.data` must be a value or a list of values",
        "write the path as one key: `data.object.x: …`"
      ),
      ("{source: s, where: {a: [[1]]}}", "`on.webhook.where.a[1]` must be a text", ""),
      ("{source: s, where: {a: }}", "`on.webhook.where.a` is empty", "write null for a field"),
      ("{source: s, event: {a: b}}", "must be a pattern such as release or \"checkout.*\"", ""),
      ("{source: s, where: {a: []}}", "`on.webhook.where.a` is an empty list", "leave the key out"),
      ("{source: s, where: {a: \"x[\"}}", "the pattern `x[` cannot be read: a `[` is not closed", ""),
      ("{source: s, where: {a..b: 1}}", "between its dots a key is missing", "data.object.currency"),
      ("{source: s, where: {\"\": 1}}", "between its dots a key is missing", ""),
      ("{source: s, where: {.a: 1}}", "between its dots a key is missing", ""),
      ("{source: s, where: {$.a: 1}}", "cannot be the path of a field", "items.0.name"),
      ("{source: s, where: {\"a[0].b\": 1}}", "cannot be the path of a field", "items.0.name"),
      ("{source: s, where: {a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q: 1}}", "more than 16 keys", ""),
      ("{source: s, where: {a: 9007199254740993000}}", "too large a number", ""),
      ("{source: s, where: {a: 9007199254740992}}", "too large a number", ""),
      ("{source: s, where: {a: -9007199254740992}}", "too large a number", ""),
      (
        "{source: s, where: {a: [\"x*\", \"!xy\"]}}",
        "`on.webhook.where.a[2]` begins with `!`, which excludes nothing here",
        "list what the field may be"
      ),
      ("{source: s, where: {a: [1, \"!x*\", y]}}", "`on.webhook.where.a[2]` begins with `!`", "begins with `\\!`"),
      ("{source: s, where: {a: \"!x*\"}}", "`on.webhook.where.a` begins with `!`", ""),
    ])
  func mistaken(webhook: String, message: String, suggestion: String) {
    let found = mistakes("", on: "\n  webhook: \(webhook)")
    #expect(found.count == 1, "\(found)")
    #expect(found.first?.contains(message) == true && found.first?.contains(suggestion) == true, "\(found)")
  }

  @Test("where there is no pattern, a `!` is a character like others")
  func exclamationMark() throws {
    #expect(try read("{source: s, where: {a: [x, \"!y\"]}}")?[0].conditions[0].values == [.text("x"), .text("!y")])
  }

  @Test("counts and lengths are bounded")
  func bounds() throws {
    let list = { (count: Int, item: (Int) -> String) in (0..<count).map(item).joined(separator: ", ") }
    #expect(try read("[\(list(20) { _ in "{source: s}" })]")?.count == 20)
    #expect(mistakes("", on: "{webhook: [\(list(21) { _ in "{source: s}" })]}")[0].contains("at most 20"))
    #expect(mistakes("", on: "{webhook: {source: s, where: {\(list(21) { "a\($0): 1" })}}}")[0].contains("at most 20"))
    #expect(
      mistakes("", on: "{webhook: {source: s, where: {a: [\(list(101, String.init))]}}}")[0].contains("at most 100"))
    let long = String(repeating: "x", count: 1025)
    #expect(mistakes("", on: "{webhook: {source: s, where: {a: \(long)}}}")[0].contains("longer than 1024 bytes"))
    #expect(mistakes("", on: "{webhook: {source: s, where: {a: \(long)*}}}")[0].contains("longer than 1024 bytes"))
  }

  @Test("`webhook` alone is told to name a source")
  func word() {
    #expect(
      mistakes("", on: "webhook") == ["2:5 trigger `webhook` needs the name of a source | " + EventReading.example])
    #expect(mistakes("", on: "[push, webhook]").count == 1)
  }

  @Test("the source must be configured where it is known which are")
  func configured() throws {
    func mistake(_ sources: Set<String>) -> Diagnostic? {
      let text = "repo: https://github.com/a/b\non: {webhook: {source: stripes}}\nsteps: [x]\n"
      do {
        _ = try PipelineFile.parse(Array(text.utf8), file: "a.yml", sources: sources)
        return nil
      } catch { return error.all[0] }
    }
    #expect(mistake(["stripes"]) == nil)
    #expect(mistake(["stripe", "github"])?.suggestion == "did you mean `stripe`?")
    #expect(mistake(["slack", "github"])?.suggestion == "the agent's configuration has github, slack")
    #expect(mistake([])?.suggestion == "the agent's configuration has no `sources`")
  }

  @Test(
    "a ref is one name",
    arguments: [
      ("main", "refs/heads/main"), ("tags/v1", "refs/tags/v1"), ("refs/heads/x/y", "refs/heads/x/y"),
      ("1.10", "refs/heads/1.10"),
    ])
  func ref(written: String, full: String) throws {
    #expect(try minimal("ref: \(written)").ref?.full == full)
  }

  @Test("what is no ref is refused", arguments: ["\"release/*\"", "\"-x\"", "a..b", "[main]", "", "\"a b\"", "refs/"])
  func noRef(written: String) {
    let found = mistakes("ref: \(written)")
    #expect(found.count == 1 && found[0].hasPrefix("4:"), "\(found)")
  }

  @Test("without a ref it is the first branch of the pushes, else main")
  func usualRef() throws {
    #expect(try minimal(on: "{webhook: {source: s}}").usualRef.full == "refs/heads/main")
    #expect(try minimal(on: "{webhook: {source: s}, push: {branches: [\"*\", dev]}}").usualRef.full == "refs/heads/dev")
    #expect(try minimal("ref: x", on: "{push: {branches: [dev]}, manual: true}").usualRef.full == "refs/heads/x")
  }

  @Test("a pipeline with events survives JSON, as the run directory keeps it")
  func json() throws {
    let read = try minimal("ref: x", on: "{webhook: {source: s, event: e, where: {a: [1, b, true, null]}}}")
    let data = try JSON.encoder().encode(read)
    #expect(try JSON.decoder().decode(Pipeline.self, from: data) == read)
  }
}
