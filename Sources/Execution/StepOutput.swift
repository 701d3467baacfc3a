import Model

/// A value that a step hands on: a variable of the steps that come after it.
struct StepOutput: Codable, Hashable {
  var name: String
  var value: String
}

/// Reads what a step wrote into the file that `PUSHROD_OUTPUT` names.
///
/// Lines are `NAME=value`, or `NAME<<WORD` and the lines up to one that is `WORD` alone. Empty lines count for nothing. Of
/// a name that is there twice, the last value counts.
enum StepOutputs {
  static let most = 64
  static let longestValue = 32 << 10
  static let longestAltogether = 128 << 10
  /// Bytes of the whole file.
  static let longestFile = 256 << 10

  /// A line that hands on nothing.
  struct Refusal: Error, Equatable {
    /// From 1.
    let line: Int
    /// A sentence that says nothing of the value, which may be secret.
    let reason: String

    var words: String { "line \(line) of $PUSHROD_OUTPUT: \(reason)" }
  }

  /// - Parameter secrets: names that are the secrets' own.
  static func read(_ bytes: [UInt8], secrets: Set<String> = []) throws(Refusal) -> [StepOutput] {
    var values: [String: String] = [:]
    var order: [String] = []
    var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated()
      .map { (number: $0 + 1, bytes: $1) }[...]
    while let line = lines.popFirst() {
      guard !line.bytes.isEmpty else { continue }
      let (name, value) = try entry(line, &lines)
      if let complaint = OutputName.complaint(about: name, secrets: secrets) {
        throw Refusal(line: line.number, reason: complaint)
      }
      guard value.count <= longestValue else {
        throw Refusal(line: line.number, reason: "the value of \(name) is longer than \(longestValue) bytes")
      }
      guard let text = String(validating: value, as: UTF8.self), !value.contains(0) else {
        throw Refusal(line: line.number, reason: "the value of \(name) is not UTF-8, or holds a NUL")
      }
      if values.updateValue(text, forKey: name) == nil { order.append(name) }
      guard order.count <= most else {
        throw Refusal(line: line.number, reason: "there are more than \(most) names")
      }
      guard values.values.reduce(0, { $0 + $1.utf8.count }) <= longestAltogether else {
        throw Refusal(line: line.number, reason: "all values together are longer than \(longestAltogether) bytes")
      }
    }
    return order.map { StepOutput(name: $0, value: values[$0] ?? "") }
  }

  private typealias Line = (number: Int, bytes: ArraySlice<UInt8>)

  private static func entry(_ line: Line, _ rest: inout ArraySlice<Line>) throws(Refusal) -> (String, ArraySlice<UInt8>)
  {
    let mark = line.bytes.firstIndex { $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: "<") }
    guard let mark else {
      throw Refusal(line: line.number, reason: "there is no `=`; write NAME=value")
    }
    let name = String(decoding: line.bytes[..<mark], as: UTF8.self)
    let after = line.bytes.index(after: mark)
    guard line.bytes[mark] == UInt8(ascii: "<") else { return (name, line.bytes[after...]) }
    let word = line.bytes[after...].dropFirst()
    guard line.bytes[after...].first == UInt8(ascii: "<"), (1...64).contains(word.count),
      VariableName.isValid(String(decoding: word, as: UTF8.self))
    else {
      throw Refusal(line: line.number, reason: "write NAME=value, or NAME<<WORD with the lines of the value below it")
    }
    guard let end = rest.firstIndex(where: { $0.bytes.elementsEqual(word) }) else {
      throw Refusal(line: line.number, reason: "no line below it is `\(String(decoding: word, as: UTF8.self))` alone")
    }
    var value: [UInt8] = []
    for (position, line) in rest[..<end].enumerated() {
      if position > 0 { value.append(UInt8(ascii: "\n")) }
      value += line.bytes
    }
    rest = rest[(end + 1)...]
    return (name, value[...])
  }
}
