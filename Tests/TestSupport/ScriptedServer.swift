import Foundation
import Synchronization

/// A TCP server on 127.0.0.1 whose every connection follows a script of the test's: any bytes, at any time, cut where
/// the test wants. Each connection has a thread of its own, so a script may wait.
public final class ScriptedServer: Sendable {
  private let descriptor: Int32
  private let open = Mutex<[Connection]>([])
  public let port: Int

  /// - Parameter script: run for each connection, which is closed at its end. What it throws ends that connection only.
  public init(_ script: @escaping @Sendable (Connection) throws -> Void) throws {
    (descriptor, port) = try Loopback.listen()
    let descriptor = descriptor
    Thread.detachNewThread { [weak self] in
      while true {
        let accepted = accept(descriptor, nil, nil)
        guard accepted >= 0 else { return }
        _ = fcntl(accepted, F_SETFD, FD_CLOEXEC)
        let connection = Connection(accepted)
        guard let self else { return connection.close() }
        self.open.withLock { $0.append(connection) }
        Thread.detachNewThread {
          try? script(connection)
          connection.close()
        }
      }
    }
  }

  deinit { stop() }

  /// Takes no further connection and cuts those that are open.
  public func stop() {
    // Wakes the thread that waits in accept; a second time it does nothing.
    shutdown(descriptor, Int32(SHUT_RDWR))
    open.withLock { connections in
      for connection in connections { connection.close() }
      connections = []
    }
  }

  /// One accepted connection, for one thread.
  public final class Connection: Sendable {
    private let descriptor: Mutex<Int32>

    init(_ descriptor: Int32) {
      self.descriptor = Mutex(descriptor)
      // A peer that is gone must not leave a thread behind for ever.
      var timeout = timeval(tv_sec: 60, tv_usec: 0)
      setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit {
      let number = descriptor.withLock { $0 }
      if number >= 0 { Foundation.close(number) }
    }

    public func write(_ bytes: some Sequence<UInt8>) throws {
      var rest = Array(bytes)[...]
      while !rest.isEmpty {
        let count = rest.withUnsafeBytes { send(number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        guard count > 0 else { throw CommandFailure("the peer is gone") }
        rest = rest.dropFirst(count)
      }
    }

    public func write(_ text: String) throws { try write(text.utf8) }

    /// Exactly `count` bytes.
    public func read(_ count: Int) throws -> [UInt8] {
      var bytes: [UInt8] = []
      while bytes.count < count {
        var buffer = [UInt8](repeating: 0, count: min(count - bytes.count, 1 << 16))
        let got = recv(number, &buffer, buffer.count, 0)
        guard got > 0 else { throw CommandFailure("the peer has closed the connection") }
        bytes += buffer[..<got]
      }
      return bytes
    }

    /// The head of an HTTP message, with the empty line at its end.
    public func readHead() throws -> String {
      var head: [UInt8] = []
      while !head.suffix(4).elementsEqual("\r\n\r\n".utf8) { head += try read(1) }
      return String(decoding: head, as: UTF8.self)
    }

    /// Waits until the peer has closed the connection (or sent nothing for a minute).
    public func waitUntilGone() { while (try? read(1)) != nil {} }

    /// Cuts the connection in both directions.
    public func close() {
      // The number is given back with the object: another thread may be reading from it now.
      shutdown(number, Int32(SHUT_RDWR))
    }

    /// Ends the connection as a crashed peer does: with a reset, not with an end of file.
    public func reset() {
      var nowhere = sockaddr()
      nowhere.sa_family = sa_family_t(AF_UNSPEC)
      // connect(2) with AF_UNSPEC dissolves a TCP association.
      connect(number, &nowhere, socklen_t(MemoryLayout<sockaddr>.size))
    }

    private var number: Int32 { descriptor.withLock { $0 } }
  }
}

extension String {
  /// The value of a header field in the head of an HTTP message; `nil` where there is none.
  public func headerField(_ name: String) -> String? {
    for line in split(separator: "\r\n").dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      if parts.count == 2, parts[0].lowercased() == name.lowercased() {
        return parts[1].trimmingCharacters(in: .whitespaces)
      }
    }
    return nil
  }
}
