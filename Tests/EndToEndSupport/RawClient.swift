import Foundation
import Glibc
import TestSupport

/// One connection on which a test sends what it likes, byte by byte. No call waits longer than `patience`.
public final class RawClient {
  private var descriptor: Int32
  private static let patience = 30

  /// Connects to a port of 127.0.0.1.
  public convenience init(port: Int) throws {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(UInt16(port).bigEndian)
    address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
    try self.init(AF_INET, &address)
  }

  /// Connects to a Unix socket.
  public convenience init(socket path: String) throws {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else {
      throw CommandFailure("the path \(path) is too long for a socket")
    }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    try self.init(AF_UNIX, &address)
  }

  private init<Address>(_ family: Int32, _ address: inout Address) throws {
    descriptor = Glibc.socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw CommandFailure("no socket: errno \(errno)") }
    var limit = timeval(tv_sec: RawClient.patience, tv_usec: 0)
    for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
      setsockopt(descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
    }
    let code = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<Address>.size))
      }
    }
    guard code == 0 else {
      let reason = errno
      close()
      throw CommandFailure("cannot connect: errno \(reason)")
    }
  }

  deinit { close() }

  public func close() {
    if descriptor >= 0 { Glibc.close(descriptor) }
    descriptor = -1
  }

  /// - Returns: whether all of it went out.
  @discardableResult
  public func send(_ bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  /// - Returns: whether all of it went out.
  @discardableResult
  public func send(_ text: String) -> Bool { send(Array(text.utf8)) }

  /// Up to `limit` bytes, as they come; empty at the end of the connection.
  public func read(atMost limit: Int = 64 << 10) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
      count = max(0, recv(descriptor, buffer.baseAddress, limit, 0))
    }
  }

  /// Everything up to the end of the connection.
  public func readToEnd() -> String {
    var bytes: [UInt8] = []
    while case let more = read(), !more.isEmpty { bytes += more }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// One answer that says how long it is; the connection stays open.
  /// - Returns: `nil` where the connection ended before.
  public func answer() -> HookResponse? {
    var bytes: [UInt8] = []
    while true {
      let text = String(decoding: bytes, as: UTF8.self)
      if let end = text.range(of: "\r\n\r\n"),
        let length = text[..<end.lowerBound].components(separatedBy: "\r\n")
          .first(where: { $0.lowercased().hasPrefix("content-length:") })
          .flatMap({ Int($0.split(separator: ":")[1].trimmingCharacters(in: .whitespaces)) }),
        text[end.upperBound...].utf8.count >= length
      {
        let status = Int(text.split(separator: " ").dropFirst().first ?? "") ?? 0
        return HookResponse(status: status, body: String(text[end.upperBound...]))
      }
      let more = read()
      guard !more.isEmpty else { return nil }
      bytes += more
    }
  }

  /// Whether something has come, or the connection has ended.
  public var hasAnswer: Bool {
    var byte: UInt8 = 0
    return recv(descriptor, &byte, 1, Int32(MSG_DONTWAIT) | Int32(MSG_PEEK)) >= 0 || errno != EAGAIN
  }
}
