import Foundation

/// The server's side of a WebSocket (RFC 6455), written by hand: the other side in the tests must not be the library
/// that is used here.
public struct WebSocketPeer: Sendable {
  public struct Frame: Sendable, Equatable {
    /// 1 text, 2 binary, 8 close, 9 ping, 10 pong.
    public var opcode: UInt8
    public var payload: [UInt8]

    public init(opcode: UInt8, payload: [UInt8]) {
      self.opcode = opcode
      self.payload = payload
    }

    public var text: String { String(decoding: payload, as: UTF8.self) }
  }

  public let connection: ScriptedServer.Connection

  /// Answers the request for a WebSocket whose head has been read.
  /// - Parameter first: the text of a message that is sent in one piece with the answer.
  public init(
    accepting request: String, on connection: ScriptedServer.Connection, first: String? = nil
  ) throws {
    self.connection = connection
    guard let key = request.headerField("Sec-WebSocket-Key"), request.headerField("Upgrade") == "websocket" else {
      throw CommandFailure("not a request for a WebSocket: \(request)")
    }
    let digest = try run(
      ["openssl", "dgst", "-sha1", "-binary"], input: Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)
    ).stdout
    let answer =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      + "Sec-WebSocket-Accept: \(Data(digest).base64EncodedString())\r\n\r\n"
    try connection.write(Array(answer.utf8) + (first.map { WebSocketPeer.frame(Array($0.utf8)) } ?? []))
  }

  public func send(
    _ payload: some Collection<UInt8>, opcode: UInt8 = 1, isLast: Bool = true, isMasked: Bool = false
  ) throws {
    try connection.write(
      WebSocketPeer.frame(Array(payload), opcode: opcode, isLast: isLast, isMasked: isMasked))
  }

  /// Section 5.2. A mask is all zeros.
  private static func frame(
    _ payload: [UInt8], opcode: UInt8 = 1, isLast: Bool = true, isMasked: Bool = false
  ) -> [UInt8] {
    let mask: UInt8 = isMasked ? 0x80 : 0
    let length: [UInt8] =
      switch payload.count {
      case 0..<126: [mask | UInt8(payload.count)]
      case 126..<65_536: [mask | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xff)]
      default: [mask | 127] + (0..<8).reversed().map { UInt8(truncatingIfNeeded: payload.count >> ($0 * 8)) }
      }
    return [(isLast ? 0x80 : 0) | opcode] + length + (isMasked ? [0, 0, 0, 0] : []) + payload
  }

  public func send(_ text: String) throws { try send(Array(text.utf8)) }

  /// The end, with a code (section 7.4).
  public func close(_ code: UInt16) throws { try send([UInt8(code >> 8), UInt8(code & 0xff)], opcode: 8) }

  /// The next frame of the client.
  /// - Throws: also where it is not masked, as every frame of a client must be.
  public func receive() throws -> Frame {
    let head = try connection.read(2)
    guard head[1] & 0x80 != 0 else { throw CommandFailure("the client sent a frame without a mask") }
    let short = Int(head[1] & 0x7f)
    let length =
      switch short {
      case 126: try connection.read(2).reduce(0) { $0 << 8 | Int($1) }
      case 127: try connection.read(8).reduce(0) { $0 << 8 | Int($1) }
      default: short
      }
    let mask = try connection.read(4)
    let payload = try connection.read(length).enumerated().map { $1 ^ mask[$0 % 4] }
    return Frame(opcode: head[0] & 0x0f, payload: payload)
  }

  /// The next message; signs of life in between are left out.
  public func receiveMessage() throws -> String {
    while true {
      let frame = try receive()
      if frame.opcode < 3 { return frame.text }
      guard frame.opcode != 8 else { throw CommandFailure("the client closed the WebSocket") }
    }
  }
}
