import Glibc
import Model

/// A socket that whoever started this process has opened for it: systemd for `pushrod.socket`, as sd_listen_fds(3)
/// describes the protocol. It stays open while the agent is restarted, so that nobody who connects is refused.
public struct ActivatedSocket: Sendable, Hashable {
  /// Listening, closed on exec; whoever takes it owns it.
  public let descriptor: Int32
  /// `127.0.0.1:8700`, as it is bound.
  public let address: String
  /// Only this machine can reach it.
  public let isLoopback: Bool

  /// Why what was handed over cannot be used, in a sentence that says what to do.
  public struct Unusable: Error, Sendable, CustomStringConvertible {
    public let description: String
  }

  /// What `FileDescriptorName=` in `pushrod.socket` calls the listener of hooks.
  public static let hooks = "hooks"

  private static let firstDescriptor: Int32 = 3
  private static let mostSockets: Int32 = 16

  /// Takes the sockets over, once: the variables that announce them are removed, so that no child takes them for its
  /// own. Call it before there are threads that read the environment.
  ///
  /// - Parameter pid: this process; what is meant for another one is left alone.
  /// - Returns: those named `hooks`; empty where nothing was handed over.
  /// - Throws: `Unusable` for anything that is no listening TCP socket of that name.
  public static func take(environment: [String: String], pid: Int32) throws(Unusable) -> [ActivatedSocket] {
    defer { for name in ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] { unsetenv(name) } }
    guard let announced = environment["LISTEN_FDS"], environment["LISTEN_PID"].flatMap({ Int32($0) }) == pid else {
      return []
    }
    guard let count = Int32(announced), (0...mostSockets).contains(count) else {
      throw Unusable(description: "LISTEN_FDS is `\(announced.prefix(20))`, and must be a number up to \(mostSockets)")
    }
    let descriptors = firstDescriptor..<(firstDescriptor + count)
    for descriptor in descriptors { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    let given = environment["LISTEN_FDNAMES"]?.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    let names = given ?? descriptors.map { _ in "unknown" }
    guard names.count == count else {
      throw Unusable(description: "LISTEN_FDNAMES has \(names.count) names for \(count) sockets")
    }
    var sockets: [ActivatedSocket] = []
    for (descriptor, name) in zip(descriptors, names) {
      guard name == hooks else {
        throw Unusable(
          description: "a socket named `\(name.prefix(60))` was handed over, and only `\(hooks)` is known: set "
            + "FileDescriptorName=\(hooks) in the socket unit")
      }
      sockets.append(try ActivatedSocket(checking: descriptor))
    }
    return sockets
  }

  private init(checking descriptor: Int32) throws(Unusable) {
    let number = "descriptor \(descriptor), which was handed over to listen on,"
    guard let type = Self.option(SO_TYPE, of: descriptor) else {
      throw Unusable(description: "\(number) is no socket")
    }
    var address = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let isNamed = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) == 0 }
    }
    guard isNamed, type == Int32(SOCK_STREAM.rawValue), [AF_INET, AF_INET6].contains(Int32(address.ss_family)) else {
      throw Unusable(description: "\(number) is no TCP socket: use ListenStream= with an address and a port")
    }
    guard Self.option(SO_ACCEPTCONN, of: descriptor) == 1 else {
      throw Unusable(description: "\(number) does not listen: `Accept=yes` is for another kind of service")
    }
    guard let (host, port) = Self.place(&address, length) else {
      throw Unusable(description: "\(number) has an address that cannot be read")
    }
    self.descriptor = descriptor
    self.address = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    isLoopback = IPAddress(host)?.isLoopback ?? false
  }

  private static func option(_ name: Int32, of descriptor: Int32) -> Int32? {
    var value: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    return getsockopt(descriptor, SOL_SOCKET, name, &value, &length) == 0 ? value : nil
  }

  private static func place(_ address: inout sockaddr_storage, _ length: socklen_t) -> (host: String, port: String)? {
    var host = [CChar](repeating: 0, count: 64)
    var port = [CChar](repeating: 0, count: 16)
    let code = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        getnameinfo(
          $0, length, &host, socklen_t(host.count), &port, socklen_t(port.count), NI_NUMERICHOST | NI_NUMERICSERV)
      }
    }
    guard code == 0 else { return nil }
    func text(_ bytes: [CChar]) -> String {
      String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
    return (text(host), text(port))
  }
}
