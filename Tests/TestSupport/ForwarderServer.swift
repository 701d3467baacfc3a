import Foundation
import Synchronization

/// GitHub, as far as its forwarder goes: the API that makes, activates and deletes webhooks of the kind `cli`, and the
/// WebSocket that comes with each.
public final class ForwarderServer: Sendable {
  private let server: ScriptedServer
  private let log: RequestLog

  /// - Parameters:
  ///   - refusal: instead of making a webhook: a status and a body.
  ///   - addresses: what the answer to a new webhook says instead of its own addresses (`url`, `ws_url`).
  ///   - first: the text of a message that is sent in one piece with the answer that opens a WebSocket.
  ///   - script: run for each WebSocket.
  public init(
    refusal: (status: Int, body: String)? = nil, addresses: (url: String?, socket: String?) = (nil, nil),
    first: String? = nil,
    script: @escaping @Sendable (_ socket: WebSocketPeer, _ number: Int) throws -> Void = { _, _ in }
  ) throws {
    let log = RequestLog()
    self.log = log
    let ownPort = Mutex(0)
    let sockets = RequestLog()
    let hooks = RequestLog()
    server = try ScriptedServer { connection in
      while true {
        let head = try connection.readHead()
        let request = head.prefix { $0 != "\r\n" }.split(separator: " ").prefix(2).joined(separator: " ")
        let length = head.headerField("Content-Length").flatMap { Int($0) } ?? 0
        let body = String(decoding: try connection.read(length), as: UTF8.self)
        _ = log.append(
          [request, head.headerField("Authorization") ?? "-", body].filter { !$0.isEmpty }.joined(separator: " "))
        var status = "200 OK"
        var answer = "{}"
        switch (request.split(separator: " ").first ?? "", refusal) {
        case ("GET", _):
          let number = sockets.append(request)
          return try script(WebSocketPeer(accepting: head, on: connection, first: first), number)
        case ("POST", let refusal?):
          status = "\(refusal.status) No"
          answer = refusal.body
        case ("POST", nil):
          let number = hooks.append(request)
          let port = ownPort.withLock { $0 }
          let url = addresses.url ?? "http://127.0.0.1:\(port)/repos/acme/shop/hooks/\(number)"
          let socket = addresses.socket ?? "ws://127.0.0.1:\(port)/forward/\(number)"
          status = "201 Created"
          answer = #"{"id":\#(number),"url":"\#(url)","ws_url":"\#(socket)","active":false}"#
        case ("DELETE", _):
          status = "204 No Content"
          answer = ""
        default: break
        }
        try connection.write(
          "HTTP/1.1 \(status)\r\nContent-Type: application/json\r\n"
            + (status.hasPrefix("204") ? "" : "Content-Length: \(answer.utf8.count)\r\n") + "\r\n\(answer)")
      }
    }
    ownPort.withLock { [port = server.port] in $0 = port }
  }

  public var port: Int { server.port }
  public var api: String { "http://127.0.0.1:\(port)" }

  /// Method, path, `Authorization` and body of each request so far.
  public var requests: [String] { log.all }

  /// The message that hands a delivery over.
  public static func message(headers: [String: String], body: [UInt8]) throws -> String {
    struct Message: Encodable {
      var Header: [String: [String]]
      var Body: String
    }
    let message = Message(Header: headers.mapValues { [$0] }, Body: Data(body).base64EncodedString())
    return String(decoding: try JSONEncoder().encode(message), as: UTF8.self)
  }
}
