import FoundationEssentials
import Model
import NIOCore
import RunDirectory

/// Writes the messages of a run's live log in the `text/event-stream` format of the HTML standard,
/// section 9.2.6. Every message's data is one line of JSON.
extension ByteBuffer {
  /// A transition of the run or of a step; `position` is the place after it.
  mutating func writeEvent(_ event: RunEvent, at position: LogPosition) throws {
    writeString("id: \(position)\nevent: event\ndata: ")
    writeBytes(try JSON.encoder().encode(event))
    writeString("\n\n")
  }

  /// A piece of a step's log; `offset` is the place of its first byte in that log, `times` when which byte was
  /// written, as pairs of an offset and Unix milliseconds.
  mutating func writeLog(
    step: Int, offset: Int, bytes: [UInt8], times: [(offset: Int, milliseconds: Int64)]?, at position: LogPosition
  ) {
    writeString("id: \(position)\nevent: log\ndata: {\"step\":\(step),\"offset\":\(offset)")
    if let times {
      let pairs = times.map { "[\($0.offset),\($0.milliseconds)]" }.joined(separator: ",")
      writeString(",\"times\":[\(pairs)]")
    }
    if String(validating: bytes, as: UTF8.self) != nil {
      writeString(",\"text\":\"")
      writeJSONText(bytes)
    } else {
      writeString(",\"base64\":\"")
      writeString(Data(bytes).base64EncodedString())
    }
    writeString("\"}\n\n")
  }

  /// A comment, which clients pass over: it keeps proxies and clients from taking silence for the end.
  mutating func writeKeepAlive() { writeString(": keep-alive\n\n") }

  /// Valid UTF-8 as the inside of a JSON string (RFC 8259, section 7). By hand, because a log can be a
  /// gigabyte and nearly all of it goes through in long runs that need no escape.
  private mutating func writeJSONText(_ bytes: [UInt8]) {
    var start = 0
    for (index, byte) in bytes.enumerated() {
      guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
      writeBytes(bytes[start..<index])
      start = index + 1
      switch byte {
      case UInt8(ascii: "\n"): writeString("\\n")
      case UInt8(ascii: "\t"): writeString("\\t")
      case UInt8(ascii: "\r"): writeString("\\r")
      case UInt8(ascii: "\""): writeString("\\\"")
      case UInt8(ascii: "\\"): writeString("\\\\")
      default:
        writeString(byte < 0x10 ? "\\u000" : "\\u00")
        writeString(String(byte, radix: 16))
      }
    }
    writeBytes(bytes[start...])
  }
}
