import FoundationEssentials
import Model
import Web

/// A delivery as text.
struct DeliveryText {
  private let delivery: DeliveryReport
  private let terminal: Terminal

  init(_ delivery: DeliveryReport, terminal: Terminal) {
    self.delivery = delivery
    self.terminal = terminal
  }

  /// `started run 12`, `started run 12 (superseded by run 14)`, `ignored: no pipeline for acme/shop`.
  static func verdict(of delivery: DeliveryReport) -> String {
    if delivery.verdict == .started {
      let started =
        Verdict.started(runs: delivery.runs).sentence
        + (delivery.way == .poll ? ", \(Wording.foundByComparing)" : "")
      guard let gone = delivery.superseded, !gone.isEmpty else { return started }
      let whose = delivery.runs.count == 1 ? "" : "run "
      let words = gone.map { (whose.isEmpty ? "" : "\(whose)\($0.run) ") + "superseded by run \($0.by)" }
      return "\(started) (\(words.joined(separator: ", ")))"
    }
    return delivery.verdict.rawValue + (delivery.reason.map { ": \($0)" } ?? "")
  }

  /// `webhook`, `relay`, …, `replay of 12`.
  static func way(of delivery: DeliveryReport) -> String {
    delivery.way.rawValue + (delivery.replayOf.map { " of \($0)" } ?? "")
  }

  func lines(now: Date = Date()) -> [String] {
    let verdict = DeliveryText.verdict(of: delivery)
    let title = "delivery \(delivery.number) from \(delivery.source): \(verdict)"
    var lines = [terminal.style(title.onOneLine, .bold), ""]
    let came = "\(Wording.ago(delivery.receivedAt, now: now)) (\(JSON.text(of: delivery.receivedAt)))"
    var facts = [
      ("id", delivery.id), ("event", delivery.event ?? "not known"), ("came", came),
      ("way", DeliveryText.way(of: delivery)), ("from", delivery.address ?? "not known"),
      ("size", Wording.size(delivery.bodySize)),
    ]
    if let repeats = delivery.repeats, let last = delivery.lastRepeatAt {
      let times = repeats == 1 ? "once" : "\(repeats) times"
      facts.append(
        ("sent again", "\(times), last \(Wording.ago(last, now: now)) (\(JSON.text(of: last))); that started nothing"))
    }
    if let replays = delivery.replays, !replays.isEmpty {
      facts.append(("replayed as", replays.map(String.init).joined(separator: ", ")))
    }
    lines += facts.map { $0.padding(to: 13) + $1.onOneLine }
    if let decisions = delivery.decisions, !decisions.isEmpty {
      var table = Table(["PIPELINE", "STARTS", "BECAUSE"])
      for decision in decisions { table.add([decision.pipeline, decision.starts ? "yes" : "no", decision.reason]) }
      lines += [""] + table.lines(width: nil)
    }
    if let headers = delivery.headers {
      lines += ["", terminal.style("headers", .bold)]
      lines += headers.fields.map { "  \($0.name): \($0.value)".withoutControls.onOneLine(indent: "  ") }
    }
    return lines + body
  }

  private var body: [String] {
    if let text = delivery.body, !text.isEmpty {
      let shown = (JSONLayout.indented(text) ?? text).withoutControls
      return ["", terminal.style("body", .bold)]
        + shown.split(separator: "\n", omittingEmptySubsequences: false).map { "  \($0)" }
    }
    if let bytes = delivery.bodyBase64 {
      return [
        "", terminal.style("body", .bold) + " is not text; \(Wording.count(bytes.count, "byte")), in --json as base64",
      ]
    }
    return ["", "The body was not kept."]
  }
}

extension String {
  fileprivate func onOneLine(indent: String) -> String { indent + onOneLine.drop { $0 == " " } }
}
