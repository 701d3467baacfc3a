@testable import Door
import Model

extension FuzzTarget {
  /// Three lines: what a client writes into X-Forwarded-For, what the proxies add, a value of Forwarded.
  static let forwarded = FuzzTarget("forwarded") { bytes in
    let lines = bytes.lines(3)
    guard lines.count == 3, let peer = IPAddress("10.0.0.1"), let range = AddressRange("10.0.0.0/8") else { return }
    let proxies = TrustedProxies([range])
    _ = try? proxies.client(behind: peer, forwardedFor: [], forwarded: [lines[2]])
    _ = try? proxies.client(behind: peer, forwardedFor: [lines[1]], forwarded: [lines[2]])
    guard let client = try? proxies.client(behind: peer, forwardedFor: [lines[1]], forwarded: []),
      !proxies.contains(client)
    else { return }
    for written in [["\(lines[0]),\(lines[1])"], [lines[0], lines[1]]] {
      let answer = try? proxies.client(behind: peer, forwardedFor: written, forwarded: [])
      require(answer == client, "a client changes who it is with \(lines[0].debugDescription)")
    }
  }

  /// What a connection begins with where proxies announce its client.
  static let proxyHeader = FuzzTarget("proxy-header") { bytes in
    guard case .complete(let length, let client) = ProxyHeader.read(bytes) else { return }
    require((1...bytes.count).contains(length), "a header of \(length) bytes in \(bytes.count)")
    require(ProxyHeader.read(Array(bytes[..<length])) == .complete(length: length, client: client), "the rest counts")
    for end in 0..<length {
      require(ProxyHeader.read(Array(bytes[..<end])) == .incomplete, "complete or malformed after \(end) bytes")
    }
  }
}
