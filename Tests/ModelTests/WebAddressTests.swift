import Model
import Testing

@Suite struct WebAddressTests {
  @Test(
    "an address is read into its parts",
    arguments: [
      ("https://smee.io/abc", WebAddress.Scheme.https, "smee.io", 443, "/abc", "https://smee.io/abc"),
      ("HTTP://LocalHost:8080", .http, "localhost", 8080, "/", "http://localhost:8080/"),
      ("wss://a.example?x=1&y=%20", .wss, "a.example", 443, "/?x=1&y=%20", "wss://a.example/?x=1&y=%20"),
      ("ws://[::1]:80/a", .ws, "::1", 80, "/a", "ws://[::1]/a"),
      ("https://192.0.2.7:443/", .https, "192.0.2.7", 443, "/", "https://192.0.2.7/"),
    ])
  func parts(
    _ text: String, _ scheme: WebAddress.Scheme, _ host: String, _ port: Int, _ target: String, _ written: String
  ) throws {
    let address = try #require(WebAddress(text))
    #expect(address.scheme == scheme)
    #expect(address.host == host)
    #expect(address.port == port)
    #expect(address.target == target)
    #expect(address.description == written)
    #expect(WebAddress(written) == address)
  }

  @Test(
    "what can be read in two ways, or not at all, is refused",
    arguments: [
      "", "smee.io", "//smee.io/", "ftp://smee.io/", "https:smee.io", "https://", "https:///a", "https://a b/",
      "https://user@smee.io/", "https://user:pass@smee.io/", "https://smee.io@evil.example/", "https://smee.io\\@evil/",
      "https://smee.io/#a", "https://smee.io/\r\nX: y", "https://smee.io/ü", "https://smee.io:0/", "https://smee.io:/",
      "https://smee.io:65536/", "https://smee.io:+1/", "https://smee%2eio/", "https://[::1/", "https://[127.0.0.1]/",
      "https://[::1]x/", "https://::1/", "https://-a.example/", "https://.a/",
      "https://a.example/\(String(repeating: "a", count: 2000))",
    ])
  func refused(_ text: String) {
    #expect(WebAddress(text) == nil)
  }

  @Test("loopback and origin")
  func comparisons() throws {
    for text in ["http://localhost/", "http://127.9.9.9/", "http://[::1]/", "http://[::ffff:127.0.0.1]/"] {
      #expect(WebAddress(text)?.isLoopback == true, "\(text)")
    }
    for text in ["http://localhost.example/", "http://128.0.0.1/", "http://127.0.0.1.example/"] {
      #expect(WebAddress(text)?.isLoopback == false, "\(text)")
    }
    let address = try #require(WebAddress("https://api.example/v3/"))
    #expect(try address.hasSameOrigin(as: #require(WebAddress("https://API.example:443/x"))))
    for other in ["http://api.example/", "https://api.example:444/", "https://api.example.evil/"] {
      #expect(try !address.hasSameOrigin(as: #require(WebAddress(other))))
    }
    #expect(address.appending("/repos/a/b")?.description == "https://api.example/v3/repos/a/b")
  }
}
