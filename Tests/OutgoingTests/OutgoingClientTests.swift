import AsyncHTTPClient
import NIOCore
import Outgoing
import Testing

struct OutgoingClientTests {
  @Test("nobody is there: an error, and the client can be shut down")
  func nobodyThere() async throws {
    let client = OutgoingClient.make()
    await #expect(throws: (any Error).self) {
      _ = try await client.execute(HTTPClientRequest(url: "http://127.0.0.1:1/"), timeout: .seconds(5))
    }
    try await client.shutdown()
  }
}
