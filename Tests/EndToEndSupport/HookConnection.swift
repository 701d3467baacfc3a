import Foundation
import Glibc

/// One connection to the hook endpoint that is kept open from delivery to delivery.
public final class HookConnection {
  public struct Reply: Sendable {
    public var status: Int
    public var head: String
    public var body: String
  }

  private let descriptor: Int32

  /// `nil` where nobody accepts.
  public init?(port: Int) {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var time = timeval(tv_sec: 20, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(UInt16(port).bigEndian)
    address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
    let code = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard code == 0 else { return nil }
  }

  deinit { close(descriptor) }

  /// - Parameter signature: of the body, hexadecimal.
  /// - Returns: `nil` where the connection broke before the answer was whole.
  public func post(_ body: String, id: String, event: String, signature: String) -> Reply? {
    let request =
      "POST /webhook/github HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
      + "X-GitHub-Event: \(event)\r\nX-GitHub-Delivery: \(id)\r\nX-Hub-Signature-256: sha256=\(signature)\r\n"
      + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    let bytes = Array(request.utf8)
    guard send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else { return nil }
    var answer: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while true {
      if let reply = HookConnection.reply(answer) { return reply }
      let count = recv(descriptor, &chunk, chunk.count, 0)
      guard count > 0 else { return nil }
      answer += chunk[..<count]
    }
  }

  /// `nil` where it is not whole yet.
  private static func reply(_ bytes: [UInt8]) -> Reply? {
    let text = String(decoding: bytes, as: UTF8.self)
    guard let end = text.range(of: "\r\n\r\n") else { return nil }
    let head = String(text[..<end.lowerBound])
    let length =
      head.lowercased().split(separator: "\r\n").first { $0.hasPrefix("content-length:") }
      .flatMap { Int($0.dropFirst("content-length:".count).trimmingCharacters(in: .whitespaces)) } ?? 0
    let body = text[end.upperBound...]
    guard body.utf8.count >= length, let status = Int(head.dropFirst(9).prefix(3)) else { return nil }
    return Reply(status: status, head: head, body: String(body))
  }
}
