import Model

/// The names of a pipeline's steps, each of which is there once.
struct StepNames {
  private var drafts: [String: StepDraft] = [:]

  /// Where the step of a name stands.
  var places: [String: String] { drafts.mapValues(\.place) }

  mutating func claim(_ draft: StepDraft) {
    guard !draft.step.name.isEmpty else { return }
    guard let first = drafts[draft.step.name] else {
      drafts[draft.step.name] = draft
      return
    }
    let name = draft.step.name.shown()
    if let include = draft.includedBy, let before = first.includedBy, first.place == draft.place {
      include.report(
        "\(draft.value.file.shown(limit: 200)) is included in line \(before.node.position.line) already, and a step is "
          + "named in it (`\(name)`), which can be there once",
        suggestion: "include it once, or take the names out of it")
    } else {
      draft.nameValue?.report(
        "two steps are named `\(name)`; the first is in \(first.place)", suggestion: "give one of them another name")
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
    while drafts[name] != nil {
      name = "\(words) (\(number))"
      number += 1
    }
    draft.step.name = name
    drafts[name] = draft
  }
}
