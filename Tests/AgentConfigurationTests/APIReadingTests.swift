import TestSupport
import Testing

@testable import AgentConfiguration

@Suite("The key `api`")
struct APIReadingTests {
  private let fixture: ConfigurationFixture

  init() throws { fixture = try ConfigurationFixture() }

  @Test("it is off where it is not said, and names are a list or one")
  func read() throws {
    #expect(try fixture.load("data: d").api == nil)
    let one = try fixture.load("api: { listen: '[::1]:8701', hosts: Deploy.example.org }").api
    #expect(one == APIConfiguration(listen: ListenAddress(host: "::1", port: 8701), hosts: ["deploy.example.org"]))
    let two = try fixture.load("api: { listen: localhost:0, hosts: [a.example, 192.0.2.7] }").api
    #expect(two?.hosts == ["a.example", "192.0.2.7"])
  }

  @Test("it may be reached from outside where that is encrypted, or meant")
  func outside() throws {
    let said = try fixture.load("insecure_http: true\napi: { listen: ':8701' }").api
    #expect(said?.listen.host == "0.0.0.0")
    let found = fixture.mistakes("tls: { certificate: c.pem, key: c.key }\napi: { listen: ':8701', hosts: 'a b' }")
    #expect(!found.contains { $0.contains("reachable from other machines") }, "\(found)")
  }

  @Test(
    "mistakes say what to write",
    arguments: [
      ("api: true", "a mapping with `listen`"),
      ("api: {}", "add `listen: 127.0.0.1:8701`"),
      ("api: { listen: 8701 }", "write it as 127.0.0.1:8701"),
      ("api: { listen: 127.0.0.1:8700 }", "take another port, such as 127.0.0.1:8701"),
      ("api: { listen: ':8701' }", "reachable from other machines"),
      ("api: { listen: deploy.example.org:8701 }", "reachable from other machines"),
      ("api: { listen: 127.0.0.1:8701, hosts: 'https://deploy.example.org' }", "write it as deploy.example.org"),
      ("api: { listen: 127.0.0.1:8701, hosts: ['deploy.example.org:443'] }", "without scheme and port"),
      ("api: { listen: 127.0.0.1:8701, host: x }", "hosts"),
    ])
  func mistakes(text: String, words: String) {
    let found = fixture.mistakes(text)
    #expect(found.contains { $0.contains(words) }, "\(found)")
  }
}
