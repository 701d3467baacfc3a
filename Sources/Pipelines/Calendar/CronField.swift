import Model

/// A field of a schedule, with its place.
struct CronWord {
  let scalars: ArraySlice<Unicode.Scalar>

  var offset: Int { scalars.startIndex }
  var length: Int { scalars.count }
  var text: String {
    var text = String.UnicodeScalarView()
    text.append(contentsOf: scalars)
    return String(text)
  }

  func split(at separator: Unicode.Scalar) -> [CronWord] {
    scalars.split(separator: separator, omittingEmptySubsequences: false).map(CronWord.init)
  }

  func mistake(_ message: String, suggestion: String? = nil) -> CronExpression.Malformed {
    CronExpression.Malformed(offset: offset, length: max(1, length), message: message, suggestion: suggestion)
  }
}

/// The values of one field.
struct CronField: Hashable, Sendable {
  /// What a field is about.
  enum Unit: String {
    case minute, hour
    case day = "day of the month"
    case month
    case weekday = "day of the week"

    /// The last value of `weekday` is Sunday, too.
    var range: ClosedRange<Int> {
      switch self {
      case .minute: 0...59
      case .hour: 0...23
      case .day: 1...31
      case .month: 1...12
      case .weekday: 0...7
      }
    }

    /// From the first value on.
    var names: [String] {
      switch self {
      case .month: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
      case .weekday: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
      case .minute, .hour, .day: []
      }
    }
  }

  /// It begins with `*`.
  let isStarred: Bool
  private let bits: UInt64

  init(_ word: CronWord, _ unit: Unit) throws(CronExpression.Malformed) {
    isStarred = word.scalars.first == "*"
    var bits: UInt64 = 0
    for part in word.split(at: ",") { bits |= try CronField.bits(part, unit) }
    // Sunday has two numbers.
    if unit == .weekday, bits & 1 << 7 != 0 { bits = bits & ~(1 << 7) | 1 }
    self.bits = bits
  }

  /// In order.
  var values: [Int] { (0..<60).filter(contains) }

  func contains(_ value: Int) -> Bool { bits & 1 << UInt64(value) != 0 }

  func first(from value: Int) -> Int? {
    let rest = bits >> UInt64(value)
    return rest == 0 ? nil : value + rest.trailingZeroBitCount
  }

  private static func bits(_ part: CronWord, _ unit: Unit) throws(CronExpression.Malformed) -> UInt64 {
    guard part.length > 0 else { throw part.mistake("a comma stands beside nothing", suggestion: "leave it out") }
    if let mark = part.scalars.first(where: { "LWlw#?".unicodeScalars.contains($0) }), !isName(part, unit) {
      throw part.mistake(
        "`\(mark)` is a mark of other programs, which cron(8) does not have",
        suggestion: mark == "?" ? "write *" : "have the first step find out whether this is the day")
    }
    let pieces = part.split(at: "/")
    guard pieces.count <= 2 else { throw part.mistake("`\(part.text.shown(limit: 40))` has two steps") }
    let range = try range(pieces[0], unit, isStepped: pieces.count == 2)
    var step = 1
    if pieces.count == 2 {
      let longest = unit.range.upperBound - unit.range.lowerBound
      guard let number = number(pieces[1]), (1...longest).contains(number) else {
        throw pieces[1].mistake("a step of the \(unit.rawValue) is a number from 1 to \(longest)")
      }
      step = number
    }
    // Every day of the week is each of them once.
    let upper = unit == .weekday && part.scalars.first == "*" ? 6 : range.upperBound
    return stride(from: range.lowerBound, through: upper, by: step).reduce(0) { $0 | 1 << UInt64($1) }
  }

  private static func range(
    _ word: CronWord, _ unit: Unit, isStepped: Bool
  ) throws(CronExpression.Malformed) -> ClosedRange<Int> {
    if word.length == 1, word.scalars.first == "*" { return unit.range }
    let ends = word.split(at: "-")
    guard ends.count <= 2 else { throw word.mistake("`\(word.text.shown(limit: 40))` is no range") }
    let first = try value(ends[0], unit)
    guard ends.count == 2 else {
      if isStepped {
        throw word.mistake(
          "a step goes through a range, and `\(word.text.shown(limit: 40))` is one value",
          suggestion: "write \(first)-\(unit == .weekday ? 6 : unit.range.upperBound), or * for all")
      }
      return first...first
    }
    let last = try value(ends[1], unit)
    guard first <= last else {
      throw word.mistake(
        "the range `\(word.text.shown(limit: 40))` goes backwards",
        suggestion: unit == .weekday && last == 0
          ? "Sunday is 7 there: write \(first)-7"
          : "write \(first)-\(unit == .weekday ? 6 : unit.range.upperBound),\(unit.range.lowerBound)-\(last)")
    }
    return first...last
  }

  private static func value(_ word: CronWord, _ unit: Unit) throws(CronExpression.Malformed) -> Int {
    if let index = unit.names.firstIndex(of: word.text.lowercased()) { return index + unit.range.lowerBound }
    let names = unit.names.isEmpty ? "" : ", or \(unit.names[0]) to \(unit.names[unit.names.count - 1])"
    guard let number = number(word), unit.range.contains(number) else {
      throw word.mistake(
        "the \(unit.rawValue) is \(unit.range.lowerBound) to \(unit.range.upperBound)\(names), not "
          + "`\(word.text.shown(limit: 40))`",
        suggestion: Suggestion.didYouMean(word.text, unit.names))
    }
    return number
  }

  private static func isName(_ part: CronWord, _ unit: Unit) -> Bool {
    let letters = part.text.lowercased().split { !$0.isLetter }.map(String.init)
    return !letters.isEmpty && letters.allSatisfy(unit.names.contains)
      && !part.scalars.contains { $0 == "#" || $0 == "?" }
  }

  private static func number(_ word: CronWord) -> Int? {
    guard (1...4).contains(word.length), word.scalars.allSatisfy({ ("0"..."9").contains($0) }) else { return nil }
    return Int(word.text)
  }
}
