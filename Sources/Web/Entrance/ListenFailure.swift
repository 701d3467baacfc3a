import Glibc
import NIOCore

/// Why the agent cannot listen where it was told to, and what to do.
struct ListenFailure: Error, CustomStringConvertible {
  /// A sentence, or two.
  let description: String

  /// - Parameter key: of the configuration, such as `api.listen`.
  /// - Returns: `nil` where `error` is about something else.
  init?(_ error: any Error, key: String, host: String, port: Int) {
    let cause: String
    switch error {
    case let error as IOError: cause = ListenFailure.cause(error.errnoCode, key: key, port: port)
    case let error as SocketAddressError.UnknownHost:
      cause = "the host's name cannot be looked up: \(error.errorDescription)."
    default: return nil
    }
    let address = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    description = "cannot listen on \(address) (`\(key)`): \(cause)"
  }

  /// - Parameter socket: the path of a Unix socket.
  init?(_ error: any Error, socket: String) {
    guard let error = error as? IOError else { return nil }
    description =
      "cannot listen on the socket \(socket) (`socket`): \(String(cString: strerror(error.errnoCode))). Its folder must be "
      + "there, and the agent's user must be able to write in it."
  }

  private static func cause(_ code: CInt, key: String, port: Int) -> String {
    switch code {
    case EADDRINUSE:
      "another program listens there. `ss -ltnp` shows which; end that one, or write another port."
    case EACCES where port < 1024, EPERM where port < 1024:
      "ports below 1024 are root's. "
        + (key == "listen" ? "Let systemd open it (pushrod.socket), or give" : "Give")
        + " the agent's unit CAP_NET_BIND_SERVICE; docs/configuration.md shows how, under HTTPS."
    case EADDRNOTAVAIL:
      "this machine has no such address. `ip address` shows those that it has; 0.0.0.0 stands for all of IPv4."
    default: "\(String(cString: strerror(code)))."
    }
  }
}
