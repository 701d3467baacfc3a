import Model

/// The names of a pipeline's steps, each of which is there once.
struct StepNames {
  /// Where the step of a name stands.
  private(set) var places: [String: String] = [:]

  mutating func claim(_ draft: StepDraft) {
    guard !draft.step.name.isEmpty else { return }
    if let first = places[draft.step.name] {
      draft.nameValue?.report(
        "two steps are named `\(draft.step.name.shown())`; the first is in \(first)",
        suggestion: "give one of them another name")
    } else {
      places[draft.step.name] = draft.place
    }
  }

  /// The first words of the command, with a number where another step has them already.
  mutating func makeUp(_ draft: inout StepDraft) {
    let line =
      (draft.step.approval?.ask ?? draft.step.run).split(whereSeparator: \.isNewline)
      .map { $0.drop(while: \.isWhitespace) }.first { !$0.isEmpty && !$0.hasPrefix("#") } ?? "step"
    var words = ""
    for word in line.split(whereSeparator: \.isWhitespace) {
      let shown = word.shown(limit: 40)
      guard words.isEmpty || words.count + 1 + shown.count <= 40 else { break }
      words += words.isEmpty ? shown : " " + shown
    }
    var name = words
    var number = 2
    while places[name] != nil {
      name = "\(words) (\(number))"
      number += 1
    }
    places[name] = draft.place
    draft.step.name = name
  }
}
