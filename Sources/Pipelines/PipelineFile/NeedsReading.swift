import Model

/// Reads `needs`, and looks at the graph that the steps of a pipeline make with it.
enum NeedsReading {
  /// Values that stand for names of steps; whether there are such steps is seen when all names are known.
  static func names(_ value: Value) -> [Value] { value.oneOrMany(atMost: StepReading.longestList) ?? [] }

  /// Reports needs that are no steps, that are there twice, and that run in a circle.
  static func check(_ drafts: inout [StepDraft], others: [String: String]) {
    let names = drafts.map(\.step.name)
    for index in drafts.indices {
      guard let values = drafts[index].needs else { continue }
      var needs: [String] = []
      for value in values {
        guard let name = value.string("the name of a step") else { continue }
        if let complaint = complaint(about: name, of: drafts[index], names, others, needs) {
          value.report(complaint.words, suggestion: complaint.suggestion)
        } else {
          needs.append(name)
        }
      }
      drafts[index].step.needs = needs
    }
    checkCircles(drafts)
  }

  private static func complaint(
    about name: String, of draft: StepDraft, _ names: [String], _ others: [String: String], _ needs: [String]
  ) -> (words: String, suggestion: String?)? {
    let (step, shown) = (draft.step.name.shown(), name.shown())
    if name == draft.step.name { return ("step `\(step)` needs itself", "name the steps that come before it") }
    if needs.contains(name) { return ("step `\(step)` needs `\(shown)` twice", "remove one of them") }
    if names.contains(name) { return nil }
    if let place = others[name] {
      return (
        "step `\(step)` needs `\(shown)`, which is not one of `steps` (\(place))",
        "`on_failure` and `finally` come after all of `steps`"
      )
    }
    return (
      "step `\(step)` (\(draft.place)) needs `\(shown)`, which is no step of this pipeline",
      Suggestion.didYouMean(name, names) ?? "known are \(names.prefix(20).map { $0.shown() }.joined(separator: ", "))"
    )
  }

  /// The steps that each waits for, by position.
  private static func needs(_ drafts: [StepDraft]) -> [[Int]] {
    let positions = Dictionary(drafts.enumerated().map { ($1.step.name, $0) }) { first, _ in first }
    return drafts.enumerated().map { position, draft in
      draft.step.needs?.compactMap { positions[$0] } ?? (position == 0 ? [] : [position - 1])
    }
  }

  private static func checkCircles(_ drafts: [StepDraft]) {
    let needs = needs(drafts)
    var free: Set<Int> = []
    while true {
      while case let more = needs.indices.filter({ !free.contains($0) && free.isSuperset(of: needs[$0]) }),
        !more.isEmpty
      {
        free.formUnion(more)
      }
      guard let start = needs.indices.first(where: { !free.contains($0) }) else { return }
      let circle = circle(from: start, needs, free)
      report(circle, drafts)
      // As if it were broken up: what else waits in a circle is told as well.
      free.formUnion(circle)
    }
  }

  /// From any step that is not free, needs that are not free lead into a circle.
  private static func circle(from start: Int, _ needs: [[Int]], _ free: Set<Int>) -> [Int] {
    var way = [start]
    while let next = needs[way[way.count - 1]].first(where: { !free.contains($0) }) {
      if let begin = way.firstIndex(of: next) { return Array(way[begin...]) }
      way.append(next)
    }
    return way
  }

  private static func report(_ circle: [Int], _ drafts: [StepDraft]) {
    // Told where somebody wrote a need, not where one follows from the order.
    let first = circle.firstIndex { drafts[$0].step.needs != nil } ?? 0
    let turned = Array(circle[first...] + circle[..<first])
    let words = turned.map { "`\(drafts[$0].step.name.shown())` (\(drafts[$0].place))" }
    let draft = drafts[turned[0]]
    let isImplied = turned.contains { drafts[$0].step.needs == nil }
    (draft.needs?.first ?? draft.value).report(
      "steps wait for each other in a circle: \(words.joined(separator: " needs ")) needs \(words[0])",
      suggestion: isImplied
        ? "a step without `needs` comes after the one above it; `needs: []` lets it begin at once"
        : "remove one of these needs")
  }
}
