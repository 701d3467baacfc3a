import NIOCore

/// Reads `text/event-stream` (HTML standard, section 9.2.6) piece by piece, as it comes from the network.
struct EventStream {
  struct Message: Equatable {
    var id: String?
    /// `message` where the stream does not say.
    var event = "message"
    var data: [UInt8] = []
  }

  struct TooLong: Error {}

  /// A message that is larger than this is not one of ours.
  private static let limit = 16 << 20

  private var line: [UInt8] = []
  private var message = Message()
  private var hasData = false

  /// The messages that are complete with `bytes`.
  /// - Throws: `TooLong`.
  mutating func read(_ bytes: some Collection<UInt8>) throws -> [Message] {
    var messages: [Message] = []
    var rest = bytes[...]
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      line += rest[..<end]
      rest = rest[rest.index(after: end)...]
      if line.last == UInt8(ascii: "\r") { line.removeLast() }
      if line.isEmpty {
        if hasData { messages.append(message) }
        message = Message()
        hasData = false
      } else {
        take(line)
        line.removeAll(keepingCapacity: true)
      }
    }
    line += rest
    guard line.count + message.data.count <= EventStream.limit else { throw TooLong() }
    return messages
  }

  private mutating func take(_ line: [UInt8]) {
    let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
    var value = line[colon...].dropFirst()
    if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
    switch String(decoding: line[..<colon], as: UTF8.self) {
    case "id": message.id = String(decoding: value, as: UTF8.self)
    case "event": message.event = String(decoding: value, as: UTF8.self)
    case "data":
      if hasData { message.data.append(UInt8(ascii: "\n")) }
      message.data += value
      hasData = true
    default: break  // A comment (an empty name), or a field we have no use for.
    }
  }
}
