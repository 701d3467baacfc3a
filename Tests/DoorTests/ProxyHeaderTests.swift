import Model
import Testing

@testable import Door

@Suite("The PROXY header")
struct ProxyHeaderTests {
  private static let signature: [UInt8] = [0x0d, 0x0a, 0x0d, 0x0a, 0, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a]
  private static let v4: [UInt8] = [192, 0, 2, 1, 198, 51, 100, 1, 0xc7, 0x38, 0x01, 0xbb]

  private static func version2(_ command: UInt8, _ family: UInt8, _ data: [UInt8]) -> [UInt8] {
    signature + [command, family, UInt8(data.count >> 8), UInt8(data.count & 0xff)] + data
  }

  private func read(_ line: String) -> ProxyHeader { ProxyHeader.read(Array(line.utf8)) }

  @Test(
    "version 1 is one line",
    arguments: [
      ("PROXY TCP4 192.0.2.1 198.51.100.1 51000 443\r\n", "192.0.2.1"),
      ("PROXY TCP6 2001:db8::1 2001:db8::2 1 65535\r\n", "2001:db8::1"),
      ("PROXY TCP6 ::ffff:192.0.2.1 ::1 0 0\r\n", "192.0.2.1"),
      ("PROXY UNKNOWN\r\n", nil),
      ("PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n", nil),
    ])
  func version1(line: String, client: String?) {
    let expected = ProxyHeader.complete(length: line.utf8.count, client: client.flatMap { IPAddress($0) })
    #expect(read(line) == expected)
    // What follows belongs to the request.
    #expect(read(line + "POST / HTTP/1.1\r\n") == expected)
    for count in 0..<line.utf8.count {
      #expect(ProxyHeader.read(Array(line.utf8.prefix(count))) == .incomplete, "\(count)")
    }
  }

  @Test(
    "a line that is not to the letter is none",
    arguments: [
      "GET / HTTP/1.1\r\n", "proxy TCP4 192.0.2.1 198.51.100.1 1 2\r\n", "PROXY  TCP4 192.0.2.1 198.51.100.1 1 2\r\n",
      "PROXY TCP4 192.0.2.1 198.51.100.1 1 2\n", "PROXY UNKNOWN \n 1 2\r\n", "PROXY TCP4 192.0.2.1 198.51.100.1 1\r\n",
      "PROXY TCP4 192.0.2.1 198.51.100.1 1 2 3\r\n", "PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n",
      "PROXY TCP6 192.0.2.1 198.51.100.1 1 2\r\n", "PROXY TCP4 192.0.2.01 198.51.100.1 1 2\r\n",
      "PROXY TCP4 192.0.2.1 rubbish 1 2\r\n", "PROXY TCP4 192.0.2.1 198.51.100.1 01 2\r\n",
      "PROXY TCP4 192.0.2.1 198.51.100.1 1 65536\r\n", "PROXY TCP4 192.0.2.1 198.51.100.1 -1 2\r\n",
      "PROXY UDP4 192.0.2.1 198.51.100.1 1 2\r\n", "PROXY \r\n", "PROXY\r\n",
      "PROXY TCP4 192.0.2.1\r198.51.100.1 1 2\r\n",
      "PROXY UNKNOWN" + String(repeating: " ", count: 93) + "\r\n", "PROXY " + String(repeating: "x", count: 200),
    ])
  func malformed(line: String) {
    #expect(read(line) == .malformed)
  }

  @Test("version 2 tells the client, its own proxy, or nobody; extensions are skipped")
  func version2() throws {
    let client = IPAddress("192.0.2.1")
    let v6 = [UInt8](try #require(IPAddress("2001:db8::1")).bytes + [UInt8](repeating: 1, count: 20))
    let extensions: [UInt8] = [0x01, 0, 2, 0x68, 0x32, 0x20, 0, 0]
    let cases: [([UInt8], IPAddress?)] = [
      (Self.version2(0x21, 0x11, Self.v4), client),
      (Self.version2(0x21, 0x11, Self.v4 + extensions), client),
      (Self.version2(0x21, 0x21, v6), IPAddress("2001:db8::1")),
      (Self.version2(0x20, 0x00, []), nil),
      (Self.version2(0x20, 0x11, Self.v4), nil),
      (Self.version2(0x21, 0x00, []), nil),
      (Self.version2(0x21, 0x31, [UInt8](repeating: 0, count: 216)), nil),
    ]
    for (bytes, client) in cases {
      let expected = ProxyHeader.complete(length: bytes.count, client: client)
      #expect(ProxyHeader.read(bytes) == expected)
      #expect(ProxyHeader.read(bytes + Array("GET".utf8)) == expected)
      for count in 0..<bytes.count { #expect(ProxyHeader.read(Array(bytes.prefix(count))) == .incomplete) }
    }
  }

  @Test("a binary header that is not to the letter is none")
  func malformedVersion2() {
    let cases: [[UInt8]] = [
      Self.version2(0x11, 0x11, Self.v4), Self.version2(0x22, 0x11, Self.v4), Self.version2(0x21, 0x12, Self.v4),
      Self.version2(0x21, 0x41, Self.v4), Self.version2(0x21, 0x11, Array(Self.v4.dropLast())),
      Self.version2(0x21, 0x21, Self.v4), Self.version2(0x21, 0x31, Self.v4),
      Self.version2(0x21, 0x11, Self.v4 + [1]), Self.version2(0x21, 0x11, Self.v4 + [1, 0, 9, 0]),
      Self.signature + [0x21, 0x11, 0xff, 0xff], [0x0d, 0x0a, 0x0d, 0x0a, 0x0d], [0],
    ]
    for bytes in cases { #expect(ProxyHeader.read(bytes) == .malformed, "\(bytes)") }
  }

  @Test("no bytes bring it down, and it never asks for more than its bound")
  func randomBytes() {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<20_000 {
      var bytes = Self.version2(0x21, 0x11, Self.v4 + [UInt8](repeating: 0, count: 30))
      for _ in 0..<3 {
        bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
      }
      if case .complete(let length, _) = ProxyHeader.read(bytes) { #expect(length <= bytes.count) }
      let more = bytes + [UInt8](repeating: 0, count: ProxyHeader.longest)
      #expect(ProxyHeader.read(more) != .incomplete)
    }
  }
}
