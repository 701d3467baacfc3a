/// `application/x-www-form-urlencoded`, as far as webhooks use it (WHATWG URL, section 5.1).
enum FormBody {
  /// The decoded value of the one field `name`.
  static func value(of name: String, in body: [UInt8]) throws(Unreadable) -> [UInt8] {
    var found: [UInt8]?
    for field in body.split(separator: UInt8(ascii: "&")) {
      let equals = field.firstIndex(of: UInt8(ascii: "=")) ?? field.endIndex
      guard let key = decoded(field[..<equals]), key == Array(name.utf8) else { continue }
      guard found == nil else { throw .body("The form has the field `\(name)` more than once.") }
      guard let value = decoded(field[equals...].dropFirst()) else {
        throw .body("The form field `\(name)` has a `%` that is not followed by two hexadecimal digits.")
      }
      found = value
    }
    guard let found else { throw .body("The form has no field `\(name)`.") }
    return found
  }

  struct Field: Hashable {
    var name: [UInt8]
    var value: [UInt8]
  }

  /// Every field, decoded, in the order in which they were sent.
  static func fields(in body: [UInt8]) throws(Unreadable) -> [Field] {
    var fields: [Field] = []
    for field in body.split(separator: UInt8(ascii: "&")) {
      let equals = field.firstIndex(of: UInt8(ascii: "=")) ?? field.endIndex
      guard let name = decoded(field[..<equals]), let value = decoded(field[equals...].dropFirst()) else {
        throw .body("The form has a `%` that is not followed by two hexadecimal digits.")
      }
      fields.append(Field(name: name, value: value))
    }
    return fields
  }

  private static func decoded(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count)
    var index = text.startIndex
    while index < text.endIndex {
      switch text[index] {
      case UInt8(ascii: "+"):
        bytes.append(0x20)
      case UInt8(ascii: "%"):
        guard text.endIndex - index > 2, let high = digit(text[index + 1]), let low = digit(text[index + 2])
        else { return nil }
        bytes.append(high << 4 | low)
        index += 2
      case let byte:
        bytes.append(byte)
      }
      index += 1
    }
    return bytes
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
