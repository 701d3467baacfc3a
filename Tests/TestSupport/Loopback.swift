import Foundation
import Glibc

/// TCP ports of 127.0.0.1.
public enum Loopback {
  /// A port that was free a moment ago, for servers that cannot choose one themselves.
  public static func freePort() throws -> Int {
    let (descriptor, port) = try bindAny()
    close(descriptor)
    return port
  }

  /// A listening socket on a port of its own.
  static func listen() throws -> (descriptor: Int32, port: Int) {
    let (descriptor, port) = try bindAny()
    guard Glibc.listen(descriptor, 16) == 0 else {
      close(descriptor)
      throw CommandFailure("cannot listen: errno \(errno)")
    }
    return (descriptor, port)
  }

  private static func bindAny() throws -> (descriptor: Int32, port: Int) {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = loopbackAddress(port: 0)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let code = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 ? getsockname(descriptor, $0, &length) : -1
      }
    }
    guard code == 0 else {
      close(descriptor)
      throw CommandFailure("no free port: errno \(errno)")
    }
    return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
  }

  /// Whether a connection to `port` is accepted now.
  public static func accepts(port: Int) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    defer { close(descriptor) }
    var address = loopbackAddress(port: port)
    return withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }

  private static func loopbackAddress(port: Int) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(UInt16(port).bigEndian)
    address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
    return address
  }
}
