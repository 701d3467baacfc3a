import Synchronization

/// A relay: each subscriber gets what the test's script writes.
public final class EventStreamServer: Sendable {
  private let server: ScriptedServer
  private let heads: RequestLog

  public init(_ script: @escaping @Sendable (Subscriber) throws -> Void) throws {
    let heads = RequestLog()
    self.heads = heads
    server = try ScriptedServer { connection in
      let head = try connection.readHead()
      try script(Subscriber(number: heads.append(head), request: head, connection: connection))
    }
  }

  public var url: String { "http://127.0.0.1:\(server.port)/channel" }

  /// The heads of all requests so far.
  public var requests: [String] { heads.all }

  public func stop() { server.stop() }

  public struct Subscriber: Sendable {
    /// 1 for the first connection, 2 for the next, …
    public let number: Int
    /// The head of its request.
    public let request: String
    public let connection: ScriptedServer.Connection

    /// Begins the stream; it ends with the connection.
    public func open() throws {
      try connection.write(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\nConnection: close\r\n\r\n")
    }

    public func send(_ text: String) throws { try connection.write(text) }
  }
}

/// What came in, in order, for several threads.
final class RequestLog: Sendable {
  private let entries = Mutex<[String]>([])

  /// - Returns: how many there are now.
  func append(_ entry: String) -> Int {
    entries.withLock {
      $0.append(entry)
      return $0.count
    }
  }

  var all: [String] { entries.withLock { $0 } }
}
