import Model

/// Header fields as they stood in the request: `name: value`, one a line.
///
/// This is on the way of every delivery, where a JSON encoder would take as long as the rest of the insert.
enum StoredHeaders {
  static func bytes(_ headers: Headers, limit: Int = .max) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(1024)
    for field in headers.fields {
      let size = field.name.utf8.count + field.value.utf8.count + 3
      if bytes.count + size > limit { break }
      append(field.name, to: &bytes)
      bytes.append(UInt8(ascii: ":"))
      bytes.append(UInt8(ascii: " "))
      append(field.value, to: &bytes)
      bytes.append(UInt8(ascii: "\n"))
    }
    return bytes
  }

  static func headers(_ bytes: some Sequence<UInt8>) -> Headers {
    var headers = Headers()
    for line in Array(bytes).split(separator: UInt8(ascii: "\n")) {
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
      headers.append(
        String(decoding: line[..<colon], as: UTF8.self),
        String(decoding: line[colon...].dropFirst(2), as: UTF8.self))
    }
    return headers
  }

  /// RFC 9110, section 5.5: CR, LF and NUL in a value are invalid, and a recipient that keeps the value puts
  /// a space in their place.
  private static func append(_ text: String, to bytes: inout [UInt8]) {
    for byte in text.utf8 {
      bytes.append(byte == 0 || byte == 0x0a || byte == 0x0d ? 0x20 : byte)
    }
  }
}
