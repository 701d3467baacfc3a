import NIOHTTP1

extension HookReply {
  /// Status line and header fields of the answer.
  /// - Parameter connection: what to say about the connection, where the version's own rule is not meant.
  func head(date: String, connection: String?) -> HTTPResponseHead {
    var headers = HTTPHeaders()
    headers.reserveCapacity(6)
    headers.add(name: "Date", value: date)
    headers.add(name: "Content-Type", value: "application/json")
    headers.add(name: "Content-Length", value: String(body.utf8.count))
    headers.add(name: "Cache-Control", value: "no-store")
    if let allow { headers.add(name: "Allow", value: allow) }
    if let retryAfter { headers.add(name: "Retry-After", value: String(retryAfter)) }
    if let connection { headers.add(name: "Connection", value: connection) }
    return HTTPResponseHead(version: .http1_1, status: status, headers: headers)
  }
}
