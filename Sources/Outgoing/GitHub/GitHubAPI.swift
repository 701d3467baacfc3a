import AsyncHTTPClient
import FoundationEssentials
import Model
import NIOCore
import NIOHTTP1

/// GitHub's REST API, asked with one token (https://docs.github.com/en/rest).
struct GitHubAPI: Sendable {
  let address: WebAddress
  let token: Secret
  let client: HTTPClient

  struct Answer: Sendable {
    var headers: HTTPHeaders
    var body: [UInt8]
  }

  /// GitHub answers in far less; an answer that does not come must not hold up the end of the agent.
  private static let patience = TimeAmount.seconds(15)
  private static let answerLimit = 4 << 20

  /// For people.
  var server: String { address.authority }

  /// - Returns: an answer with a status of 200 to 299.
  /// - Throws: `GitHubRefusal` for every other status; what the client throws.
  func send(_ method: HTTPMethod, _ address: WebAddress, _ body: (some Encodable)? = nil as Bool?) async throws
    -> Answer
  {
    var request = HTTPClientRequest(url: address.description)
    request.method = method
    request.headers.add(name: "Accept", value: "application/vnd.github+json")
    request.headers.add(name: "Authorization", value: "Bearer \(token.text)")
    request.headers.add(name: "User-Agent", value: "pushrod/\(PushrodVersion.current)")
    if let body {
      request.headers.add(name: "Content-Type", value: "application/json")
      request.body = .bytes(ByteBuffer(bytes: try JSONEncoder().encode(body)))
    }
    let response = try await client.execute(request, timeout: GitHubAPI.patience)
    let answer = Array(buffer: try await response.body.collect(upTo: GitHubAPI.answerLimit))
    guard (200..<300).contains(response.status.code) else {
      throw GitHubRefusal(status: response.status.code, headers: response.headers, body: answer)
    }
    return Answer(headers: response.headers, body: answer)
  }
}
