import FoundationEssentials
import Model
import Testing

@Suite("Header fields")
struct HeadersTests {
  @Test("names fold case, however the fields came to be")
  func names() throws {
    let json = Data(#"[{"name": "X-Id", "value": "A"}]"#.utf8)
    let decoded = try JSONDecoder().decode(Headers.self, from: json)
    #expect(decoded["x-ID"] == "A")
    #expect(decoded == ["X-ID": "A"])
  }

  @Test("a field that was sent twice has no one value")
  func twice() {
    var headers: Headers = ["X-Id": "A"]
    headers.append("x-id", "A")
    #expect(headers["X-Id"] == nil)
    #expect(headers[all: "X-Id"] == ["A", "A"])
  }
}
