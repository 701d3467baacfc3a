import Hummingbird
import Model

/// The parameters of a request's query, each read once and checked.
struct APIQuery {
  private let values: [String: String]

  /// - Throws: `APIFailure` for a parameter that is not in `allowed` or is given twice: a misspelt filter must
  ///   not look like an answer to it.
  init(_ request: Request, allowed: [String]) throws {
    var values: [String: String] = [:]
    for (name, value) in request.uri.queryParameters {
      let name = String(name)
      guard allowed.contains(name) else {
        throw APIFailure.invalid(
          "The parameter `\(APIQuery.shown(name))` is unknown here; "
            + (allowed.isEmpty ? "none is taken." : "known are \(allowed.joined(separator: ", "))."))
      }
      guard values.updateValue(String(value), forKey: name) == nil else {
        throw APIFailure.invalid("The parameter `\(name)` is given more than once.")
      }
    }
    self.values = values
  }

  func text(_ name: String, allowed: String, where isValid: (String) -> Bool) throws -> String? {
    guard let value = values[name] else { return nil }
    guard isValid(value) else { throw APIQuery.refusal(name, value, allowed) }
    return value
  }

  func number(_ name: String, in range: ClosedRange<Int>) throws -> Int? {
    guard let value = values[name] else { return nil }
    guard let number = Int(value), range.contains(number) else {
      let allowed =
        range.upperBound == .max
        ? "a whole number from \(range.lowerBound) on" : "\(range.lowerBound) to \(range.upperBound)"
      throw APIQuery.refusal(name, value, allowed)
    }
    return number
  }

  func flag(_ name: String, default standard: Bool) throws -> Bool {
    guard let value = values[name] else { return standard }
    guard let flag = Bool(value) else { throw APIQuery.refusal(name, value, "true or false") }
    return flag
  }

  func value<Value>(_ name: String, allowed: String, _ make: (String) -> Value?) throws -> Value? {
    guard let text = values[name] else { return nil }
    guard let value = make(text) else { throw APIQuery.refusal(name, text, allowed) }
    return value
  }

  /// A pipeline's or source's name: also a name that is not known is a fair question.
  func name(_ parameter: String) throws -> String? {
    try text(parameter, allowed: "a name of at most 64 letters, digits, `.`, `_` and `-`") { value in
      (1...64).contains(value.utf8.count)
        && value.unicodeScalars.allSatisfy {
          $0.isASCII && ($0.properties.isAlphabetic || "0123456789._-".unicodeScalars.contains($0))
        }
    }
  }

  private static func refusal(_ name: String, _ value: String, _ allowed: String) -> APIFailure {
    .invalid("The parameter `\(name)` is `\(shown(value))`; allowed is \(allowed).")
  }

  /// Foreign text in a sentence: short, and without anything that acts on a terminal.
  private static func shown(_ text: String) -> String {
    let kept = text.unicodeScalars.prefix(64).map {
      $0.value < 0x20 || (0x7f...0x9f).contains($0.value) ? "\u{fffd}" : $0
    }
    return String(String.UnicodeScalarView(kept)) + (text.unicodeScalars.count > 64 ? "…" : "")
  }
}
