import Model
import Testing

@testable import Door

@Suite("Whose request a proxy passes on")
struct TrustedProxiesTests {
  private let proxies: TrustedProxies

  init() throws {
    proxies = TrustedProxies(try ["127.0.0.0/8", "10.0.0.0/8", "fd00::/8"].map { try #require(AddressRange($0)) })
  }

  /// `nil` where it is unclear.
  private func client(_ peer: String, x: [String] = [], f: [String] = []) throws -> String? {
    let peer = try #require(IPAddress(peer))
    do {
      return try proxies.client(behind: peer, forwardedFor: x, forwarded: f).description
    } catch {
      return nil
    }
  }

  @Test("whoever is no trusted proxy speaks for nobody, whatever it sends")
  func strangers() throws {
    for text in ["192.0.2.1", "127.0.0.1", "rubbish", "", "\"", "unknown"] {
      #expect(try client("203.0.113.9", x: [text]) == "203.0.113.9")
      #expect(try client("203.0.113.9", f: ["for=\(text)"]) == "203.0.113.9")
    }
  }

  @Test(
    "X-Forwarded-For counts from the right, past trusted proxies",
    arguments: [
      (["192.0.2.1"], "192.0.2.1"),
      (["192.0.2.1:4711"], "192.0.2.1"),
      (["2001:db8::7"], "2001:db8::7"),
      (["[2001:db8::7]:443"], "2001:db8::7"),
      (["::ffff:192.0.2.1"], "192.0.2.1"),
      (["192.0.2.1, 10.0.0.2"], "192.0.2.1"),
      (["192.0.2.1", "10.0.0.2 ,10.0.0.3"], "192.0.2.1"),
      // What the client wrote itself, true or not, stands on the left.
      (["127.0.0.1, 192.0.2.1"], "192.0.2.1"),
      (["10.0.0.9, 198.51.100.1, 192.0.2.1, 10.0.0.2"], "192.0.2.1"),
      (["rubbish, 192.0.2.1"], "192.0.2.1"),
      (["\", 192.0.2.1"], "192.0.2.1"),
      ([",,, 192.0.2.1"], "192.0.2.1"),
      (["198.51.100.1", "192.0.2.1"], "192.0.2.1"),
      // Nobody but proxies: the farthest of them.
      (["10.0.0.2, 10.0.0.3"], "10.0.0.2"),
      ([], "127.0.0.1"),
      // A proxy that does not know is the last that is known.
      (["192.0.2.1, unknown"], "127.0.0.1"),
      (["192.0.2.1, unknown, 10.0.0.2"], "10.0.0.2"),
      (["198.51.100.1, _hidden, 10.0.0.2"], "10.0.0.2"),
    ])
  func forwardedFor(lines: [String], expected: String) throws {
    #expect(try client("127.0.0.1", x: lines) == expected)
  }

  @Test(
    "what a trusted proxy says must make sense",
    arguments: [
      "", "rubbish", "192.0.2", "192.0.2.1.", "192.0.2.01", "0300.0.2.1", "192.0.2.1:", "192.0.2.1:x",
      "192.0.2.1:123456",
      "[2001:db8::1", "2001:db8::1]", "[192.0.2.1]", "[2001:db8::1]x", "192.0.2.1 192.0.2.2", "192.0.2.1,",
      "for=192.0.2.1",
      "\"192.0.2.1\"", "192.0.2.1/24", "fe80::1%eth0", "localhost", "192.0.2.1,,10.0.0.1",
    ])
  func malformed(line: String) throws {
    #expect(try client("127.0.0.1", x: [line]) == nil)
  }

  @Test(
    "Forwarded by its grammar",
    arguments: [
      (["for=192.0.2.1"], "192.0.2.1"),
      (["For=192.0.2.1;Proto=https;by=10.0.0.1"], "192.0.2.1"),
      (["proto=https; for=\"192.0.2.1:4711\" ; by=_x"], "192.0.2.1"),
      (["for=\"[2001:db8::7]\""], "2001:db8::7"),
      (["for=\"[2001:db8::7]:_port\", for=10.0.0.2"], "2001:db8::7"),
      (["for=127.0.0.1, for=192.0.2.1"], "192.0.2.1"),
      (["for=198.51.100.1", "for=192.0.2.1"], "192.0.2.1"),
      (["host=\"a,b;for=1.1.1.1\";for=192.0.2.1"], "192.0.2.1"),
      (["host=\"a\\\",for=1.1.1.1\";for=192.0.2.1"], "192.0.2.1"),
      (["for=192.0.2.1, for=unknown"], "127.0.0.1"),
      (["for=192.0.2.1, for=_abc, for=10.0.0.2"], "10.0.0.2"),
      (["for=192.0.2.1, proto=https, for=10.0.0.2"], "10.0.0.2"),
      (["for=192.0.2.1;;proto=http;"], "192.0.2.1"),
    ])
  func forwarded(lines: [String], expected: String) throws {
    #expect(try client("127.0.0.1", f: lines) == expected)
  }

  @Test(
    "a client cannot make its own part swallow what the proxy appends",
    arguments: [
      "for=192.0.2.66, for=\", for=192.0.2.1", "for=\"192.0.2.66, for=\"[2001:db8::1]\"",
      "for=192.0.2.66\\, for=192.0.2.1",
      "for=\"a\"b, for=192.0.2.1",
    ])
  func swallowing(line: String) throws {
    let found = try client("127.0.0.1", f: [line])
    #expect(found != "192.0.2.66")
  }

  @Test(
    "a header that does not follow the grammar says nothing",
    arguments: [
      "", ",", "for", "for=", "=192.0.2.1", "for=192.0.2.1,", "for=192.0.2.1;for=192.0.2.2", "for=[2001:db8::1]",
      "for=2001:db8::1", "for=192.0.2.1:80", "for=\"192.0.2.1", "for = 192.0.2.1", "for=192.0.2.1 for=1.1.1.1", ";",
      "for=rubbish", "for=\"\\",
    ])
  func malformedForwarded(line: String) throws {
    #expect(try client("127.0.0.1", f: [line]) == nil)
  }

  @Test("two headers that disagree say nothing, two that agree are believed")
  func conflict() throws {
    #expect(try client("127.0.0.1", x: ["192.0.2.1"], f: ["for=192.0.2.2"]) == nil)
    #expect(try client("127.0.0.1", x: ["198.51.100.1, 192.0.2.1"], f: ["for=192.0.2.1"]) == "192.0.2.1")
  }

  @Test("no text brings it down, and a stranger's text never makes it a proxy's word")
  func randomText() throws {
    var generator = SystemRandomNumberGenerator()
    let alphabet = Array("for=\"[]:;,. _\\12789aunkw\0é\t")
    for _ in 0..<20_000 {
      let text = String((0..<Int.random(in: 0..<40, using: &generator)).compactMap { _ in alphabet.randomElement() })
      _ = try client("127.0.0.1", x: [text], f: [text])
      #expect(try client("203.0.113.9", x: [text], f: [text]) == "203.0.113.9")
      // A proxy that appends what it sees is not misled by what stood there before.
      let appended = try client("127.0.0.1", x: ["\(text), 192.0.2.1"])
      #expect(appended == "192.0.2.1", "\(text)")
      // What it appends has its quotation marks in pairs, whatever is between them.
      for own in ["for=192.0.2.1", "for=\"192.0.2.1:80\";host=\";x=\"", "host=\", for=192.0.2.66\";for=192.0.2.1"] {
        let element = try client("127.0.0.1", f: ["\(text), \(own)"])
        #expect(element == nil || element == "192.0.2.1", "\(text), \(own)")
      }
    }
  }
}
