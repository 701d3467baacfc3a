public import Foundation
import TestSupport

/// Requests as bytes, for connections that a test handles itself.
extension AgentUnderTest {
  /// A whole delivery to the source `github`, signed.
  public func signedRequest(
    body: String, id: String = UUID().uuidString, event: String = "push", key: String? = nil
  ) throws -> String {
    """
    POST /webhook/github HTTP/1.1\r
    Host: localhost\r
    Content-Type: application/json\r
    X-GitHub-Event: \(event)\r
    X-GitHub-Delivery: \(id)\r
    X-Hub-Signature-256: sha256=\(try hmacSHA256(body, key: key ?? secret))\r
    Content-Length: \(body.utf8.count)\r
    \r
    \(body)
    """
  }

  /// The answer of the API over the agent's Unix socket: the body.
  /// - Throws: `CommandFailure` for any status but 200.
  public func get(_ path: String, accept: String = "application/json") throws -> [UInt8] {
    let result = try run([
      "curl", "-sS", "--fail", "--max-time", "60", "--unix-socket", socket, "-H", "Accept: \(accept)",
      "http://localhost\(path)",
    ])
    guard result.status == 0 else { throw CommandFailure("\(path): \(result.errorOutput)") }
    return result.stdout
  }
}
