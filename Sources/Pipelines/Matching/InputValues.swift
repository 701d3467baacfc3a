public import Model

/// Checks what somebody gives to a pipeline that they start by hand.
public enum InputValues {
  /// Of one value, in bytes: with its name it must fit into what Linux takes for one variable (execve(2)).
  public static let longest = 32 << 10
  /// Of all values of a run together, in bytes.
  public static let longestTogether = 128 << 10

  /// What is wrong with the values, a clause for each mistake.
  public struct Refusal: Error, Hashable, Sendable, CustomStringConvertible {
    public let mistakes: [String]
    public var description: String { mistakes.joined(separator: "; ") }
  }

  /// The values that the steps get, one for each of the pipeline's inputs.
  ///
  /// - Throws: `Refusal` with all that is wrong.
  public static func values(_ given: [String: String], for pipeline: Pipeline) throws(Refusal) -> [String: String] {
    let inputs = pipeline.triggers.inputs ?? []
    var mistakes: [String] = []
    for name in given.keys.sorted() where !inputs.contains(where: { $0.name == name }) {
      mistakes.append(unknown(name, pipeline, inputs))
    }
    for input in inputs {
      if let value = given[input.name] {
        if let complaint = complaint(about: value, for: input) { mistakes.append("input `\(input.name)` \(complaint)") }
      } else if input.isRequired {
        mistakes.append("input `\(input.name)` must be given\(input.explanation)")
      }
    }
    let values = pipeline.inputPresets.merging(given) { $1 }
    let size = values.values.reduce(0) { $0 + $1.utf8.count }
    if size > longestTogether {
      mistakes.append("the inputs have \(size) bytes together; at most \(longestTogether) are allowed")
    }
    guard mistakes.isEmpty else { throw Refusal(mistakes: mistakes) }
    return values
  }

  private static func unknown(_ name: String, _ pipeline: Pipeline, _ inputs: [Input]) -> String {
    let known = inputs.map(\.name)
    let hint =
      Suggestion.didYouMean(name, known)
      ?? (known.isEmpty ? "it has none" : "it has \(known.prefix(20).map { "`\($0)`" }.joined(separator: ", "))")
    return "pipeline `\(pipeline.name)` has no input `\(name.shown())`: \(hint)"
  }

  /// What is wrong with a value: a clause that follows the input's name; `nil` where nothing is.
  static func complaint(about value: String, for input: Input) -> String? {
    if value.utf8.contains(0) { return "has a NUL character in it, which no variable can hold" }
    guard value.utf8.count <= longest else { return "is longer than \(longest) bytes" }
    let found = "not `\(value.shown(limit: 60))`"
    switch input.kind {
    case .text: return nil
    case .number:
      // A sign, digits, a fraction: what every shell and language reads in the same way.
      let isNumber = value.utf8.count <= 40 && value.wholeMatch(of: /-?[0-9]+(\.[0-9]+)?/) != nil
      return isNumber ? nil : "must be a number such as 3 or -1.5, \(found)"
    case .boolean: return value == "true" || value == "false" ? nil : "must be true or false, \(found)"
    case .choice:
      let choices = input.choices ?? []
      // By the bytes: an accent can be written in two ways that are equal to Swift, and that no shell takes for one.
      if choices.contains(where: { $0.utf8.elementsEqual(value.utf8) }) { return nil }
      let hint = Suggestion.didYouMean(value, choices).map { "; \($0)" } ?? ""
      return "must be one of \(input.choiceWords), \(found)\(hint)"
    }
  }
}

extension Input {
  fileprivate var choiceWords: String {
    let choices = choices ?? []
    let more = choices.count > 20 ? ", …" : ""
    return choices.prefix(20).map { $0.shown(limit: 60) }.joined(separator: ", ") + more
  }

  fileprivate var explanation: String {
    let about = description.map { " (\($0))" } ?? ""
    return about + (kind == .choice ? ": one of \(choiceWords)" : kind == .boolean ? ": true or false" : "")
  }
}
