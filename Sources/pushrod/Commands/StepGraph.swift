import FoundationEssentials
import Model

/// The steps of a pipeline, and of a run where they stand, as a graph.
struct StepGraph: Encodable {
  struct Node: Encodable {
    /// As in the run's events and the names of its logs.
    var number: Int
    var name: String
    /// `steps`, `on_failure` or `finally`.
    var list: String
    var needs: [String]
    /// `waiting`, `running`, `asking`, `skipped`, or how it ended; `nil` of a file.
    var state: String?
    var took: Seconds?
    var allowedFailure: Bool?
  }

  private(set) var nodes: [Node]

  init(_ pipeline: Pipeline) {
    let needs = pipeline.allNeeds
    let steps = pipeline.steps.enumerated().map { ("steps", $1.name, needs[$0]) }
    let others = [("on_failure", pipeline.onFailure ?? []), ("finally", pipeline.finally)].flatMap { list, steps in
      steps.map { (list, $0.name, [String]()) }
    }
    nodes = (steps + others).enumerated().map { Node(number: $0 + 1, name: $1.1, list: $1.0, needs: $1.2) }
  }

  init(_ pipeline: Pipeline, _ events: [RunEvent], isOver: Bool) {
    self.init(pipeline)
    for index in nodes.indices { nodes[index].state = isOver ? "not run" : "waiting" }
    for event in events {
      guard let index = event.step.map({ $0 - 1 }), nodes.indices.contains(index) else { continue }
      switch event.event {
      case .stepStarted, .stepRetried: nodes[index].state = "running"
      case .stepSkipped: nodes[index].state = "skipped"
      case .waiting: nodes[index].state = "asking"
      case .answered: nodes[index].state = event.approved.map { $0 ? "approved" : "rejected" } ?? "cancelled"
      case .stepFinished:
        nodes[index].state = event.stepState?.rawValue
        nodes[index].took = event.usage?.wall
        nodes[index].allowedFailure = event.allowedFailure
      case .runStarted, .stopping, .runFinished: break
      }
    }
    if isOver {
      for index in nodes.indices where ["running", "asking"].contains(nodes[index].state) {
        nodes[index].state = "never ended"
      }
    }
  }

  /// Each step stands below all that it needs; what stands beside one another may run at the same time.
  func lines(_ terminal: Terminal) -> [String] {
    var lines: [String] = []
    var above: [String] = []
    for level in levels {
      for (position, node) in level.enumerated() {
        let rail =
          level.count == 1 ? "─" : position == 0 ? "┌" : position == level.count - 1 ? "└" : "├"
        // What needs just the steps above it needs no words.
        let needs =
          Set(node.needs) == Set(above) ? "" : node.needs.isEmpty ? "needs nothing" : "needs \(list(node.needs))"
        lines.append(line(rail, node, needs, terminal))
      }
      above = level.map(\.name)
      lines.append("  │")
    }
    if !lines.isEmpty { lines.removeLast() }
    for list in ["on_failure", "finally"] {
      let own = nodes.filter { $0.list == list }
      guard !own.isEmpty else { continue }
      lines += ["", terminal.style(list, .dim)] + own.map { line("─", $0, "", terminal) }
    }
    return lines
  }

  private func line(_ rail: String, _ node: Node, _ needs: String, _ terminal: Terminal) -> String {
    let (mark, style) = mark(of: node)
    let state = [node.state, node.took?.description, node.allowedFailure == true ? "allowed" : nil]
    let words = (state + [needs.isEmpty ? nil : needs]).compactMap { $0 }.joined(separator: ", ")
    let name = node.name.onOneLine.padding(to: words.isEmpty ? 0 : width)
    let plain = "\(mark) \(words.isEmpty ? String(name.dropLast()) : name)"
    return "  \(rail) " + (style.map { terminal.style(plain, $0) } ?? plain)
      + (words.isEmpty ? "" : terminal.style(words, .dim))
  }

  private var width: Int { min((nodes.map(\.name.onOneLine.count).max() ?? 0) + 2, 42) }

  private func list(_ names: [String]) -> String { names.map(\.onOneLine).joined(separator: ", ") }

  private func mark(of node: Node) -> (String, Terminal.Style?) {
    switch node.state {
    case "succeeded", "approved": ("✓", .green)
    case "failed", "timed_out", "rejected", "cancelled", "never ended":
      ("✗", node.allowedFailure == true ? .yellow : .red)
    case "running": ("●", .bold)
    case "asking": ("?", .yellow)
    case "skipped", "not run": ("–", .dim)
    default: ("○", nil)
    }
  }

  /// The steps by how many others must be over before them, in a row.
  private var levels: [[Node]] {
    let own = nodes.filter { $0.list == "steps" }
    var depths: [String: Int] = [:]
    // As often as there are steps: needs may be further down in the file, and a circle does not come to an end.
    for _ in own {
      for node in own { depths[node.name] = (node.needs.map { depths[$0] ?? 0 }.max() ?? -1) + 1 }
    }
    let deepest = min(depths.values.max() ?? -1, own.count)
    return (0...max(deepest, 0)).map { depth in own.filter { depths[$0.name] == depth } }.filter { !$0.isEmpty }
  }
}
