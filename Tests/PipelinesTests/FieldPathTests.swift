import Model
import TestSupport
import Testing

@testable import Pipelines

/// Field paths over any JSON, compared with the rule as it is written down.
@Suite struct FieldPathTests {
  /// Small, with few keys, so that paths meet something.
  private static func json(_ depth: Int, _ random: inout SeededGenerator) -> JSONValue {
    switch Int.random(in: 0..<(depth > 0 ? 9 : 5), using: &random) {
    case 0: .null
    case 1: .bool(.random(using: &random))
    case 2: .number(Double(Int.random(in: 0...2, using: &random)))
    case 3, 4: .string(["a", "b", "1", ""].randomElement(using: &random) ?? "")
    case 5, 6: .array((0..<Int.random(in: 0...3, using: &random)).map { _ in json(depth - 1, &random) })
    default:
      .object(
        Dictionary(
          ["a", "b", "0", "1"].filter { _ in Bool.random(using: &random) }.map { ($0, json(depth - 1, &random)) },
          uniquingKeysWith: { $1 }))
    }
  }

  /// The rule in its own words: a list matches when any of its elements does.
  private static func matches(_ path: ArraySlice<String>, _ value: JSONValue, _ wanted: FieldPattern) -> Bool {
    switch (path.first, value) {
    case (let key?, .object(let fields)): fields[key].map { matches(path.dropFirst(), $0, wanted) } ?? false
    case (let key?, .array(let list)):
      if let index = Int(key) {
        list.indices.contains(index) && matches(path.dropFirst(), list[index], wanted)
      } else {
        list.contains { matches(path, $0, wanted) }
      }
    case (_?, _): false
    case (nil, .array(let list)): list.contains { matches(path, $0, wanted) }
    case (nil, _): wanted.matches(value)
    }
  }

  @Test("what is found matches exactly when the rule says so", arguments: 0..<40)
  func property(seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed))
    var matched = 0
    for _ in 0..<500 {
      let value = Self.json(5, &random)
      let path = (0..<Int.random(in: 1...4, using: &random)).map { _ in
        ["a", "b", "0", "1"].randomElement(using: &random) ?? "a"
      }
      let wanted: WebhookTrigger.Value =
        [.text("a"), .text("*"), .text("1"), .number(1), .bool(true), .absent].randomElement(using: &random) ?? .absent
      let pattern = FieldPattern(wanted)
      let found = FieldPath.values(at: path, in: value)
      #expect(found.contains(where: pattern.matches) == Self.matches(path[...], value, pattern))
      let answer = FieldRule(.init(path: path, values: [wanted])).answer(to: found)
      #expect(answer.starts == (found.contains(where: pattern.matches) || found.isEmpty && wanted == .absent))
      #expect(answer.reason.hasPrefix(path.joined(separator: ".")))
      if answer.starts { matched += 1 }
    }
    #expect(matched > 10)
  }

  @Test("a number in the path is the place in a list, and a key of an object")
  func numbers() {
    let list = JSONValue.array([.string("x"), .object(["0": .string("y")])])
    #expect(FieldPath.values(at: ["0"], in: list) == [.string("x")])
    #expect(FieldPath.values(at: ["1", "0"], in: list) == [.string("y")])
    #expect(FieldPath.values(at: ["2"], in: list).isEmpty)
    #expect(FieldPath.values(at: ["99999999999999999999"], in: list).isEmpty)
    #expect(FieldPath.values(at: ["-1"], in: list).isEmpty)
  }
}
