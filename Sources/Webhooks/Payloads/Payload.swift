import FoundationEssentials

/// JSON of a payload, read with limits and with errors that name the field.
///
/// Unneeded fields are checked for syntax and skipped. Of a key that is there twice the first one counts. Half an emoji
/// in an escape is read as U+FFFD.
enum Payload {
  /// Deeper than any forge's payload by far, and far from the decoder's own recursion limit.
  static let deepest = 128

  /// - Parameter most: how many values there may be, for types that take every one of them.
  static func decode<Value: Decodable>(
    _ type: Value.Type, from json: [UInt8], values most: Int = .max
  ) throws(Unreadable) -> Value {
    // A raw NUL is no JSON; it would be taken for UTF-16 or UTF-32, which the scan for depth cannot read.
    guard !json.contains(0), String(validating: json, as: UTF8.self) != nil else {
      throw .body("The payload is not UTF-8 text.")
    }
    let shape = shape(of: json)
    guard shape.depth <= deepest else { throw .body("The payload nests deeper than \(deepest) levels.") }
    guard shape.values <= most else { throw .body("The payload has more than \(most) values.") }
    do {
      return try JSONDecoder().decode(type, from: Data(LoneSurrogates.replaced(in: json)))
    } catch let error as DecodingError {
      throw .body(sentence(for: error))
    } catch {
      throw .body("The payload is not JSON.")
    }
  }

  /// The deepest nesting of arrays and objects, and a number that there are no more values than, without recursion.
  /// What stands within strings does not count.
  private static func shape(of json: [UInt8]) -> (depth: Int, values: Int) {
    var depth = 0
    var deepest = 0
    // Every value but the first follows a bracket or a comma.
    var values = 1
    var inString = false
    var escaped = false
    for byte in json {
      if inString {
        if escaped {
          escaped = false
        } else if byte == UInt8(ascii: "\\") {
          escaped = true
        } else if byte == UInt8(ascii: "\"") {
          inString = false
        }
        continue
      }
      switch byte {
      case UInt8(ascii: "\""): inString = true
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        depth += 1
        values += 1
        deepest = max(deepest, depth)
      case UInt8(ascii: ","): values += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
      default: break
      }
    }
    return (deepest, values)
  }

  private static func sentence(for error: DecodingError) -> String {
    switch error {
    case .keyNotFound(let key, let context):
      return "The payload has no `\(path(context.codingPath + [key]))`."
    case .valueNotFound(_, let context):
      return context.codingPath.isEmpty
        ? "The payload is not a JSON object." : "`\(path(context.codingPath))` in the payload is null."
    case .typeMismatch(let type, let context):
      return context.codingPath.isEmpty
        ? "The payload is not a JSON object." : "`\(path(context.codingPath))` in the payload is not \(noun(type))."
    case .dataCorrupted(let context):
      return context.codingPath.isEmpty
        ? "The payload is not JSON."
        : "`\(path(context.codingPath))` in the payload cannot be read: \(context.debugDescription)."
    @unknown default:
      return "The payload is not JSON."
    }
  }

  private static func path(_ keys: [any CodingKey]) -> String {
    keys.map { key in key.intValue.map(String.init) ?? key.stringValue }.joined(separator: ".")
  }

  private static func noun(_ type: Any.Type) -> String {
    switch type {
    case is String.Type: "a string"
    case is Bool.Type: "true or false"
    case is Int.Type: "a number"
    case is [Any].Type: "a list"
    default: "an object"
    }
  }
}
