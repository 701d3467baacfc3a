import Model
import Testing

struct AddressTests {
  @Test(
    "an address is read as the system reads it, and shown in one way",
    arguments: [
      ("192.0.2.7", "192.0.2.7"), ("2001:DB8:0:0::1", "2001:db8::1"), ("::ffff:192.0.2.7", "192.0.2.7"),
      ("::1", "::1"), ("::", "::"),
    ])
  func reads(text: String, shown: String) throws {
    #expect(try #require(IPAddress(text)).description == shown)
  }

  @Test(
    "what is no address is none",
    arguments: ["", "1", "192.0.2", "192.0.2.256", "192.0.2.07", "0x7f.1", "[::1]", "::1%lo", " ::1", "192.0.2.7\u{0}"])
  func refuses(text: String) { #expect(IPAddress(text) == nil) }

  @Test("a socket for both families shows an IPv4 peer as IPv6, and it is the IPv4 peer")
  func mapped() throws {
    let mapped = try #require(IPAddress(bytes: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 7]))
    #expect(mapped == IPAddress("192.0.2.7"))
    #expect(IPAddress(bytes: [1, 2, 3]) == nil)
  }

  @Test(
    "a range holds the addresses that share its prefix",
    arguments: [
      ("203.0.113.0/24", "203.0.113.255", true), ("203.0.113.0/24", "203.0.114.0", false),
      ("203.0.113.0/24", "::ffff:203.0.113.9", true), ("203.0.113.128/25", "203.0.113.127", false),
      ("2001:db8::/33", "2001:db8:7fff::1", true), ("2001:db8::/33", "2001:db8:8000::1", false),
      ("0.0.0.0/0", "198.51.100.1", true), ("0.0.0.0/0", "2001:db8::1", false), ("::/0", "192.0.2.7", false),
      ("192.0.2.7", "192.0.2.7", true), ("192.0.2.7", "192.0.2.6", false),
      ("::ffff:192.0.2.0/120", "192.0.2.9", true),
    ])
  func contains(range: String, address: String, isInside: Bool) throws {
    let range = try #require(AddressRange(range))
    #expect(range.contains(try #require(IPAddress(address))) == isInside)
  }

  @Test(
    "a range with bits outside its prefix, or no length, is a mistake",
    arguments: ["10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8/8", "::/129", "/8", "10.0.0.0/+8"])
  func refusesRanges(text: String) { #expect(AddressRange(text) == nil) }
}
