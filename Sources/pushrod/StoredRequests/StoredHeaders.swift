import FoundationEssentials
import Model

/// The header fields of a stored request, in any of the forms in which people keep them.
///
/// - a JSON object of name to value, where a list of values means that the field was sent that often;
/// - a JSON list of `{"name": …, "value": …}`, as the inbox shows them;
/// - raw `Name: value` lines, with or without the request line before them.
enum StoredHeaders {
  /// - Throws: a sentence without the file's name, which the caller knows.
  static func parse(_ bytes: [UInt8]) throws(Malformed) -> Headers {
    guard let text = String(validating: bytes, as: UTF8.self) else { throw Malformed("it is not UTF-8 text") }
    switch bytes.first(where: { ![0x20, 0x09, 0x0a, 0x0d].contains($0) }) {
    case UInt8(ascii: "{"): return try object(bytes)
    case UInt8(ascii: "["): return try list(bytes)
    default: return try lines(text)
    }
  }

  struct Malformed: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
  }

  /// Values are taken as they are written: a blank at the end is part of the value.
  private static func object(_ bytes: [UInt8]) throws(Malformed) -> Headers {
    let values: [String: Values]
    do {
      values = try JSONDecoder().decode([String: Values].self, from: Data(bytes))
    } catch {
      throw Malformed("it is not a JSON object of header names to values (a string, or a list of strings)")
    }
    var headers = Headers()
    for (name, values) in values.sorted(by: { $0.key < $1.key }) {
      for value in values.all { headers.append(name, value) }
    }
    return headers
  }

  private static func list(_ bytes: [UInt8]) throws(Malformed) -> Headers {
    do {
      return try JSONDecoder().decode(Headers.self, from: Data(bytes))
    } catch {
      throw Malformed("it is not a JSON list of objects with `name` and `value`")
    }
  }

  /// Blanks around a value do not belong to it (RFC 9110, section 5.5).
  private static func lines(_ text: String) throws(Malformed) -> Headers {
    var headers = Headers()
    let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, var line) in lines.enumerated() {
      if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
      if line.isEmpty || (index == 0 && isRequestLine(line)) { continue }
      let name = line.prefix { $0 != UInt8(ascii: ":") }
      guard name.endIndex < line.endIndex, !name.isEmpty, name.allSatisfy({ (0x21...0x7e).contains($0) }) else {
        throw Malformed("line \(index + 1) is not `Name: value`")
      }
      let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
      var value = line[name.endIndex...].dropFirst().drop(while: isBlank)
      while value.last.map(isBlank) == true { value = value.dropLast() }
      headers.append(String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self))
    }
    return headers
  }

  /// `POST /webhook/github HTTP/1.1`.
  private static func isRequestLine(_ line: Substring.UTF8View) -> Bool {
    let words = line.split(separator: 0x20)
    return words.count == 3 && words[2].starts(with: "HTTP/".utf8)
  }

  private struct Values: Decodable {
    var all: [String]

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let value = try? container.decode(String.self) {
        all = [value]
      } else {
        all = try container.decode([String].self)
      }
    }
  }
}
