/// How long a server may keep a conversation waiting, and how much it may say.
public struct NetworkLimits: Sendable, Hashable {
  /// Until a connection stands: the name looked up, TCP, and the keys of TLS or SSH exchanged.
  public var connect: Duration
  /// From a question to the first byte of its answer.
  public var firstByte: Duration
  /// Between two bytes.
  public var stall: Duration
  /// Bytes received in one conversation.
  public var bytes: Int

  /// Bytes in which a server lists its refs: about a million of them. They are held in memory.
  static let refBytes = 128 << 20

  public init(
    connect: Duration = .seconds(30), firstByte: Duration = .seconds(60), stall: Duration = .seconds(60),
    bytes: Int = 10 << 30
  ) {
    self.connect = connect
    self.firstByte = firstByte
    self.stall = stall
    self.bytes = bytes
  }
}
