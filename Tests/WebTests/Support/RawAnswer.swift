import Testing

/// An answer as it came over the wire.
struct RawAnswer: CustomStringConvertible {
  let text: String

  var status: Int { text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0 }
  var head: String { text.components("\r\n\r\n").first ?? "" }
  var withoutDate: String {
    text.components("\r\n").filter { !$0.hasPrefix("Date: ") }.joined(separator: "\n")
  }
  var description: String { head.components("\r\n").first ?? "no answer" }

  /// Sends one request on a connection of its own. The target is sent as it stands.
  static func of(
    _ method: String, _ target: String, _ authorization: String?, host: String? = "localhost",
    headers: [(String, String)] = [], body: String = "", port: Int
  ) async throws -> RawAnswer {
    let connection = try await RawConnection(port: port)
    var request = "\(method) \(target) HTTP/1.1\r\n"
    if let host { request += "Host: \(host)\r\n" }
    if let authorization { request += "Authorization: \(authorization)\r\n" }
    for (name, value) in headers { request += "\(name): \(value)\r\n" }
    request += "Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
    await connection.send(request)
    return RawAnswer(text: await connection.readToEnd())
  }
}

extension String {
  fileprivate func components(_ separator: String) -> [String] {
    split(separator: separator, omittingEmptySubsequences: false).map(String.init)
  }
}
