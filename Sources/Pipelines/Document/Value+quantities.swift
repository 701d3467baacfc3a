package import Model

extension Value {
  /// A length of time: `30m`, `1h30m`, `90s`, or a plain number of seconds.
  package func duration(atMost limit: Seconds) -> Seconds? {
    let expected = "a length of time such as 30m, 1h30m or 90s"
    guard case .scalar(let text, _) = node.content, !node.isNull else {
      mismatch(expected)
      return nil
    }
    guard let seconds = Quantity.seconds(text) else {
      mismatch(expected, suggestion: "units are d, h, m, s and ms; a plain number is seconds")
      return nil
    }
    guard seconds.value > 0, seconds <= limit else {
      report("\(subject) must be more than 0 and at most \(limit), not \(text.shown(limit: 40))")
      return nil
    }
    return seconds
  }

  /// A number of bytes: `25M`, `512K`, or a plain number. Units are powers of 1024.
  package func byteCount(in range: ClosedRange<Int>) -> Int? {
    guard case .scalar(let text, _) = node.content, !node.isNull else {
      mismatch("a size such as 25M")
      return nil
    }
    guard let bytes = Quantity.bytes(text) else {
      mismatch("a size such as 25M", suggestion: "units are K, M, G and T; a plain number is bytes")
      return nil
    }
    guard range.contains(bytes) else {
      report("\(subject) must be from \(range.lowerBound) to \(range.upperBound) bytes, not \(text.shown(limit: 40))")
      return nil
    }
    return bytes
  }
}

/// Numbers with units.
package enum Quantity {
  /// `30m`, `1h30m`, `1h 30m`, `1.5h`, `90`; `nil` where the text is none of these.
  package static func seconds(_ text: String) -> Seconds? {
    if let plain = number(Substring(text)) { return Seconds(plain) }
    let units: [(name: String, seconds: Double)] = [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1), ("ms", 0.001)]
    var rest = Substring(text)
    var total = 0.0
    var next = units.startIndex
    guard !rest.isEmpty else { return nil }
    while !rest.isEmpty {
      let digits = rest.prefix { $0.isNumber || $0 == "." }
      let unit = rest[digits.endIndex...].prefix { $0.isLetter }
      // Each unit at most once, larger ones first.
      guard let count = number(digits), let index = units[next...].firstIndex(where: { $0.name == unit }) else {
        return nil
      }
      total += count * units[index].seconds
      next = index + 1
      rest = rest[unit.endIndex...].drop { $0 == " " }
    }
    return Seconds(total)
  }

  /// `25M`, `25MB`, `25 MiB`, `1024`; `nil` where the text is none of these or too large.
  package static func bytes(_ text: String) -> Int? {
    let digits = text.prefix { $0.isNumber }
    guard digits.count <= 12, digits.utf8.allSatisfy({ $0 < 0x80 }), let count = Int(digits) else { return nil }
    let shifts = ["": 0, "b": 0, "k": 10, "m": 20, "g": 30, "t": 40]
    var unit = text[digits.endIndex...].drop { $0 == " " }.lowercased()
    if unit.count > 1, unit.hasSuffix("b") { unit.removeLast() }
    if unit.count > 1, unit.hasSuffix("i") { unit.removeLast() }
    guard let shift = shifts[unit], count <= Int.max >> shift else { return nil }
    return count << shift
  }

  /// Digits with at most one point among them, no sign, no exponent.
  private static func number(_ text: Substring) -> Double? {
    guard !text.isEmpty, text.utf8.count <= 12, text.first != ".", text.last != ".",
      text.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") })
    else { return nil }
    return Double(text)
  }
}
