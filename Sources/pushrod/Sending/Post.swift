import AsyncHTTPClient
import Model
import NIOCore
import NIOHTTP1

/// One POST and its answer.
struct Post {
  var url: String
  var headers: Headers
  var body: [UInt8]

  /// No redirects: a webhook that is answered with one is configured wrongly, and no sender follows it.
  func answer() async throws -> (status: Int, body: String) {
    var configuration = HTTPClient.Configuration()
    configuration.redirectConfiguration = .disallow
    configuration.connectionPool.retryConnectionEstablishment = false
    configuration.timeout.connect = .seconds(10)
    let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    do {
      let answer = try await answer(of: client)
      try await client.shutdown()
      return answer
    } catch {
      try? await client.shutdown()
      throw failure(error)
    }
  }

  private func failure(_ error: any Error) -> CommandExit {
    CommandExit(
      .notReachable, "\(url.withoutControls) did not take the delivery: \(ConnectionProblem.words(for: error)).")
  }

  private func answer(of client: HTTPClient) async throws -> (status: Int, body: String) {
    var request = HTTPClientRequest(url: url)
    request.method = .POST
    for field in headers.fields { request.headers.add(name: field.name, value: field.value) }
    request.headers.replaceOrAdd(name: "User-Agent", value: "pushrod/\(PushrodVersion.current)")
    request.body = .bytes(ByteBuffer(bytes: body))
    // GitHub waits ten seconds.
    let response = try await client.execute(request, timeout: .seconds(10))
    let text = try await response.body.collect(upTo: 1 << 20)
    return (Int(response.status.code), String(buffer: text))
  }
}
