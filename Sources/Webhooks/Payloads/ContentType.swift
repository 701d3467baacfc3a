import Model

/// The two content types that forges can be told to use.
enum ContentType {
  case json
  case form

  /// Parameters (`; charset=utf-8`) and case do not count (RFC 9110, section 8.3.1).
  static func read(_ headers: Headers) throws(Unreadable) -> ContentType {
    let values = headers[all: "Content-Type"]
    guard let value = values.first else {
      throw .mediaType("The delivery has no Content-Type; it must be application/json.")
    }
    guard values.count == 1 else { throw .body("The header Content-Type was sent \(values.count) times.") }
    let name = value.utf8.prefix { $0 != UInt8(ascii: ";") }
    switch String(decoding: name.filter { $0 != 0x20 && $0 != 0x09 }, as: UTF8.self).lowercased() {
    case "application/json": return .json
    case "application/x-www-form-urlencoded": return .form
    default:
      throw .mediaType(
        "The content type `\(BoundedText.line(value, limit: 100))` is not read here; "
          + "choose application/json in the webhook's settings.")
    }
  }
}
