public import NIOCore

/// Reads `text/event-stream` (HTML standard, section 9.2.6) piece by piece, as it comes from the network.
///
/// Data stays the bytes that were sent: a signature may be over a part of them. An event over the limit is passed
/// over, up to its end, and told without its data, so that the stream goes on behind it.
public struct EventStream: Sendable {
  /// One event, called message as in the standard's JavaScript interface.
  public struct Message: Equatable, Sendable {
    /// The last id that the stream had said when the event was complete.
    public var id: String?
    /// `message` where the stream does not say.
    public var event = "message"
    public var data: [UInt8] = []
    /// It was over the limit; `data` is empty.
    public var isTooLarge = false

    public init(id: String?, event: String = "message", data: [UInt8] = [], isTooLarge: Bool = false) {
      self.id = id
      self.event = event
      self.data = data
      self.isTooLarge = isTooLarge
    }
  }

  /// How long the server wants a lost connection to rest (its last `retry`).
  public private(set) var retry: Duration?

  private let limit: Int
  private var isAtStart = true
  /// The last byte was a carriage return: a line feed that follows belongs to the same end of line.
  private var followsReturn = false
  private var line: [UInt8] = []
  private var lastID: String?
  private var event = ""
  private var data: [UInt8] = []
  private var hasData = false
  private var isOver = false

  /// - Parameter limit: bytes of one event.
  public init(limit: Int = 16 << 20) { self.limit = limit }

  /// Bytes of an event have come whose end has not.
  public var isInsideEvent: Bool { !line.isEmpty || hasData || isOver || !event.isEmpty }

  /// The messages that are complete with `bytes`.
  public mutating func read(_ bytes: ByteBuffer) -> [Message] {
    var messages: [Message] = []
    bytes.withUnsafeReadableBytes { bytes in
      var rest = bytes[...]
      if followsReturn, let first = rest.first {
        followsReturn = false
        if first == Ascii.lineFeed { rest = rest.dropFirst() }
      }
      while let end = rest.firstIndex(where: { $0 == Ascii.lineFeed || $0 == Ascii.carriageReturn }) {
        keep(rest[..<end])
        if let message = endLine() { messages.append(message) }
        let isReturn = rest[end] == Ascii.carriageReturn
        rest = rest[(end + 1)...]
        if isReturn {
          if let next = rest.first {
            if next == Ascii.lineFeed { rest = rest.dropFirst() }
          } else {
            followsReturn = true
          }
        }
      }
      keep(rest)
    }
    return messages
  }

  private mutating func keep(_ part: Slice<UnsafeRawBufferPointer>) {
    guard !isOver else {
      // Only whether the line is empty counts now.
      if line.isEmpty, let first = part.first { line.append(first) }
      return
    }
    guard line.count + part.count + data.count <= limit else {
      isOver = true
      data = []
      line = [UInt8(ascii: "-")]
      return
    }
    line += part
  }

  private mutating func endLine() -> Message? {
    if isAtStart {
      isAtStart = false
      // A byte order mark may stand before the first line (RFC 3629, section 6).
      if line.starts(with: [0xef, 0xbb, 0xbf]) { line.removeFirst(3) }
    }
    defer { line.removeAll(keepingCapacity: line.count < 64 << 10) }
    guard line.isEmpty else {
      if !isOver { take(line) }
      return nil
    }
    defer {
      event = ""
      data = []
      hasData = false
      isOver = false
    }
    let name = event.isEmpty ? "message" : event
    if isOver { return Message(id: lastID, event: name, isTooLarge: true) }
    return hasData ? Message(id: lastID, event: name, data: data) : nil
  }

  private mutating func take(_ line: [UInt8]) {
    let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
    var value = line[colon...].dropFirst()
    if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
    switch String(decoding: line[..<colon], as: UTF8.self) {
    case "id": if !value.contains(0) { lastID = String(decoding: value, as: UTF8.self) }
    case "event": event = String(decoding: value, as: UTF8.self)
    case "retry":
      // Nine digits are eleven days already.
      if (1...9).contains(value.count), value.allSatisfy({ (0x30...0x39).contains($0) }) {
        retry = Int(String(decoding: value, as: UTF8.self)).map { .milliseconds($0) }
      }
    case "data":
      if hasData { data.append(Ascii.lineFeed) }
      data += value
      hasData = true
    default: break  // A comment (an empty name), or a field we have no use for.
    }
  }

  private enum Ascii {
    static let lineFeed = UInt8(ascii: "\n")
    static let carriageReturn = UInt8(ascii: "\r")
  }
}
