import Model
import Testing

@testable import Pipelines

/// What a pipeline asks of whoever starts it by hand.
@Suite struct InputTests {
  private func inputs(_ text: String) throws -> [Input] {
    try minimal(on: "{manual: {inputs: {\(text)}}}").triggers.inputs ?? []
  }

  private func complaints(_ text: String, push: Bool = false, _ lines: String = "") -> [String] {
    mistakes(lines, on: "{\(push ? "push: , " : "")manual: {inputs: {\(text)}}}")
  }

  @Test("an input is read with its kind, and choices make it a choice")
  func reading() throws {
    let read = try inputs(
      "A: , B: {type: number, default: 3, required: true}, C: {choices: [x, y z], default: y z, description: Which},"
        + " D: {type: boolean, default: true}")
    #expect(
      read == [
        Input(name: "A"), Input(name: "B", kind: .number, preset: "3", isRequired: true),
        Input(name: "C", kind: .choice, description: "Which", preset: "y z", choices: ["x", "y z"]),
        Input(name: "D", kind: .boolean, preset: "true"),
      ])
    let manual = try minimal(on: "{manual: {inputs: {A: }}}").triggers
    #expect(manual.manual)
    #expect(try minimal(on: "{manual: {}}").triggers == Triggers(manual: true))
  }

  @Test(
    "what cannot be meant is refused with what to write",
    arguments: [
      ("1A: ", "`1A` cannot name a variable"),
      ("PUSHROD_X: ", "names that begin with PUSHROD_ are Pushrod's own"),
      ("A: {typ: text}", "did you mean `type`?"),
      ("A: {type: list}", "must be one of text, number, boolean, choice, not `list`"),
      ("A: {type: choice}", "input `A` is a choice without `choices`"),
      ("A: {type: number, choices: [1]}", "input `A` is a number, which has no `choices`"),
      ("A: {choices: [x, x]}", "`x` is there twice"),
      ("A: {choices: []}", "is an empty list: there is nothing to choose"),
      ("A: {choices: [\"\"]}", "is empty, which cannot be told from no choice"),
      ("A: {choices: [x, y], default: z}", "`default` of input `A` must be one of x, y, not `z`"),
      ("A: {type: number, default: many}", "must be a number such as 3 or -1.5, not `many`"),
      ("A: {type: boolean, default: \"yes\"}", "must be true or false, not `yes`"),
      ("A: {description: \"a\\nb\"}", "is one line of 1 to 200 printable characters"),
      ("A: {required: maybe}", "must be true or false"),
      ("A: text", "must be a mapping such as {type: choice, choices: [a, b]}"),
    ])
  func mistaken(text: String, complaint: String) {
    let found = complaints(text)
    #expect(found.count == 1)
    #expect(found.first?.contains(complaint) == true, "\(found)")
  }

  @Test("nobody can give a required input to a push, and none has the name of a secret")
  func besideOthers() throws {
    #expect(
      complaints("A: {required: true}", push: true) == [
        "2:32 input `A` is required and has no `default`, and nobody is there to give it when a push starts the"
          + " pipeline | add `default:`, which counts then"
      ])
    #expect(
      complaints("A: ", "secrets: A")[0].contains("`A` is an input and in `secrets`; it can have one value only"))
    #expect(try minimal(on: "{push: , manual: {inputs: {A: {required: true, default: x}}}}").triggers.push != nil)
    #expect(try inputs("A: {required: true}").first?.isRequired == true)
  }

  private func values(_ given: [String: String], _ inputs: String) throws -> [String: String] {
    try InputValues.values(given, for: try minimal(on: "{manual: {inputs: {\(inputs)}}}"))
  }

  private func refusal(_ given: [String: String], _ inputs: String) -> String? {
    #expect(throws: InputValues.Refusal.self) { try values(given, inputs) }?.description
  }

  @Test("each input has a value: what was given, its default, false, or nothing")
  func completing() throws {
    let inputs = "A: , B: {type: boolean}, C: {choices: [x, y], default: y}, D: {type: number, required: true}"
    #expect(try values(["D": "-1.5"], inputs) == ["A": "", "B": "false", "C": "y", "D": "-1.5"])
    #expect(
      try values(["A": "$(id)\n; rm", "B": "true", "C": "x", "D": "0"], inputs)
        == ["A": "$(id)\n; rm", "B": "true", "C": "x", "D": "0"])
    #expect(try InputValues.values([:], for: try minimal()) == [:])
  }

  @Test("all that is wrong with given values is told at once")
  func refusing() {
    let inputs = "TARGET: {choices: [staging, production], required: true, description: Where to}, N: {type: number}"
    #expect(
      refusal(["TARGTE": "x", "N": "1e3"], inputs)
        == "pipeline `shop` has no input `TARGTE`: did you mean `TARGET`?; input `TARGET` must be given (Where to): "
        + "one of staging, production; input `N` must be a number such as 3 or -1.5, not `1e3`")
    #expect(
      refusal(["TARGET": "produktion"], inputs)
        == "input `TARGET` must be one of staging, production, not `produktion`; did you mean `production`?")
    #expect(refusal(["TARGET": ""], inputs)?.contains("not ``") == true)
    #expect(refusal(["COLOUR": ""], "A: ") == "pipeline `shop` has no input `COLOUR`: it has `A`")
    // Equal to Swift, and two texts to everybody else.
    #expect(refusal(["A": "e\u{301}"], "A: {choices: [\"\\xe9\"]}") != nil)
  }

  @Test("what decides which programs run is no input", arguments: ["PATH", "LD_PRELOAD", "Home", "GIT_SSH_COMMAND"])
  func decisive(name: String) {
    let found = mistakes("", on: "{manual: {inputs: {\(name): }}}")
    #expect(found.count == 1 && found[0].contains("`\(name)` cannot be an input: it decides what programs run"))
  }

  @Test("a value that no variable can hold is refused, and so are too many of them together")
  func bounds() throws {
    let full = String(repeating: "x", count: InputValues.longest)
    #expect(try values(["A": full], "A: ")["A"] == full)
    #expect(refusal(["A": full + "x"], "A: ") == "input `A` is longer than 32768 bytes")
    #expect(refusal(["A": "a\0b"], "A: ")?.contains("NUL") == true)
    let names = ["A", "B", "C", "D"]
    let four = Dictionary(uniqueKeysWithValues: names.map { ($0, full) })
    #expect(try values(four, "A: , B: , C: , D: ").count == 4)
    #expect(
      refusal(four, "A: , B: , C: , D: , E: {default: x}")
        == "the inputs have 131073 bytes together; at most 131072 are allowed")
  }
}
