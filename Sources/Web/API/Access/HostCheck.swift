import HTTPTypes
import Hummingbird
import Model
import NIOCore

/// Which names the API answers to, and from which pages it may be called.
///
/// A browser that was led here by a foreign name (DNS rebinding) says that name in `Host`, and one that a foreign page
/// sends here says that page in `Origin`. Neither gets past this, whatever else it brings.
struct HostCheck: Sendable {
  /// In lower case, IPv6 without brackets.
  private let names: Set<String>

  /// - Parameter names: besides those of this machine's own loopback, and the address that a connection came in on.
  init(names: [String] = []) {
    self.names = Set(names.map { $0.lowercased() }).union(["localhost", "127.0.0.1", "::1"])
  }

  /// - Throws: `APIFailure`: 421 for a name that is not ours, 403 for a foreign page.
  func check(_ request: Request, arrivedAt local: SocketAddress?) throws {
    guard let authority = request.head.authority, let host = HostCheck.host(of: authority),
      names.contains(host) || isAddress(host, of: local)
    else { throw APIFailure.misdirected }
    let origins = request.headers[values: .origin]
    let mine = authority.lowercased()
    guard origins.allSatisfy({ origin in ["http://\(mine)", "https://\(mine)"].contains(origin.lowercased()) }) else {
      throw APIFailure.foreignPage
    }
    // What browsers say about requests that have no `Origin` (the Fetch Metadata standard).
    if let site = HTTPField.Name("Sec-Fetch-Site") {
      guard request.headers[values: site].allSatisfy({ ["same-origin", "none"].contains($0) }) else {
        throw APIFailure.foreignPage
      }
    }
  }

  /// An address cannot be rebound: where it is in `Host`, the page itself came from there.
  private func isAddress(_ host: String, of local: SocketAddress?) -> Bool {
    guard let text = local?.ipAddress, let address = IPAddress(text) else { return false }
    return IPAddress(host) == address
  }

  /// The host of `host`, `host:port` or `[address]:port`, in lower case; `nil` for anything else.
  static func host(of authority: String) -> String? {
    var host = authority[...]
    var port: Substring = ""
    if host.hasPrefix("[") {
      guard let end = host.firstIndex(of: "]") else { return nil }
      port = host[host.index(after: end)...]
      host = host[..<end].dropFirst()
      guard host.contains(":") else { return nil }
    } else if let colon = host.firstIndex(of: ":") {
      port = host[colon...]
      host = host[..<colon]
    }
    guard !host.isEmpty, port.isEmpty || (port.hasPrefix(":") && UInt16(port.dropFirst()) != nil) else { return nil }
    return host.lowercased()
  }
}
