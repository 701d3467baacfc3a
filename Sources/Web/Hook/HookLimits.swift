public import NIOCore

/// What one request to the hook endpoint may take: a door on the open internet bounds everything.
public struct HookLimits: Sendable {
  /// Largest body in bytes. GitHub's own cap is 25 MB.
  public var body: Int
  /// Bytes of all bodies together that are being received or answered; 503 beyond that.
  public var bodyMemory: Int
  /// From accepting a connection to the end of its first request head; 408 after that.
  public var headerTimeout: TimeAmount
  /// From the end of a request head to the end of its body; 408 after that.
  public var bodyTimeout: TimeAmount
  /// Between two requests of a connection.
  public var idleTimeout: TimeAmount
  /// From the end of a request to its answer; 503 after that. Forges give up after 10 s.
  public var answerTimeout: TimeAmount
  /// Bytes of one header field.
  public var headerField: Int
  /// Bytes of all header fields of a request together.
  public var headerList: Int
  /// Number of header fields.
  public var headerCount: Int
  /// Connections at once; more wait in the kernel's queue.
  public var connections: Int

  /// - Parameter bodyMemory: four times `body` where `nil`.
  public init(
    body: Int = 25 << 20, bodyMemory: Int? = nil, headerTimeout: TimeAmount = .seconds(10),
    bodyTimeout: TimeAmount = .seconds(30),
    idleTimeout: TimeAmount = .seconds(75), answerTimeout: TimeAmount = .seconds(9),
    headerField: Int = 16 << 10, headerList: Int = 32 << 10, headerCount: Int = 100, connections: Int = 1024
  ) {
    self.body = body
    self.bodyMemory = bodyMemory ?? 4 * body
    self.headerTimeout = headerTimeout
    self.bodyTimeout = bodyTimeout
    self.idleTimeout = idleTimeout
    self.answerTimeout = answerTimeout
    self.headerField = headerField
    self.headerList = headerList
    self.headerCount = headerCount
    self.connections = connections
  }
}
