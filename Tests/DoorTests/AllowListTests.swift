import Model
import Testing

@testable import Door

@Suite("Who may post")
struct AllowListTests {
  private func list(_ ranges: String..., github: Bool = false) throws -> AllowList {
    AllowList(ranges: try ranges.map { try #require(AddressRange($0)) }, includesGitHub: github)
  }

  @Test("an address in one of the ranges is allowed, also as its mapped twin")
  func ranges() throws {
    let list = try list("192.0.2.0/24", "2001:db8::/32", "198.51.100.7")
    for text in ["192.0.2.0", "192.0.2.255", "::ffff:192.0.2.9", "2001:db8:ffff::1", "198.51.100.7"] {
      #expect(list.answer(for: IPAddress(text), github: nil) == .allowed, "\(text)")
    }
    for text in ["192.0.3.0", "191.255.255.255", "2001:db9::1", "198.51.100.8", "::1"] {
      #expect(list.answer(for: IPAddress(text), github: nil) == .refused, "\(text)")
    }
    #expect(list.answer(for: nil, github: nil) == .refused)
  }

  @Test("before GitHub's addresses are known nobody is taken for GitHub, and who is listed otherwise comes in")
  func github() throws {
    let list = try list("192.0.2.0/24", github: true)
    let hooks = [try #require(AddressRange("140.82.112.0/20"))]
    let address = IPAddress("140.82.115.1")
    #expect(list.answer(for: address, github: nil) == .unknown)
    #expect(list.answer(for: address, github: []) == .refused)
    #expect(list.answer(for: address, github: hooks) == .allowed)
    #expect(list.answer(for: IPAddress("140.82.128.1"), github: hooks) == .refused)
    #expect(list.answer(for: IPAddress("192.0.2.1"), github: nil) == .allowed)
  }
}
