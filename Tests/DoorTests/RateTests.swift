import Model
import Testing

@testable import Door

@Suite("Rates")
struct RateTests {
  @Test("a rate is a number and a length of time", arguments: ["5/s", "60/m", "1000/h", "10000000/h"])
  func valid(text: String) throws {
    #expect(try #require(Rate(text)).description == text)
  }

  @Test(
    "anything else is none",
    arguments: [
      "", "60", "/m", "0/m", "-1/m", "+1/m", "60/min", "60/d", "60 / m", "6.5/s", "60/m/s", "100000000/s", "٣/m",
    ])
  func invalid(text: String) {
    #expect(Rate(text) == nil)
  }

  @Test("so many at once, then one each time that one has come back")
  func bucket() throws {
    var table = RateTable<String>(capacity: 10)
    let rate = try #require(Rate("60/m"))
    for _ in 0..<60 { #expect(table.take("a", at: rate, now: 100) == nil) }
    #expect(table.take("a", at: rate, now: 100) == 1)
    #expect(table.take("b", at: rate, now: 100) == nil)
    #expect(table.take("a", at: rate, now: 101) == nil)
    #expect(table.take("a", at: rate, now: 101) != nil)
  }

  @Test("a new rate counts from now on")
  func newRate() throws {
    var table = RateTable<String>(capacity: 10)
    #expect(table.take("a", at: try #require(Rate("1/h")), now: 0) == nil)
    #expect(table.take("a", at: try #require(Rate("1/h")), now: 0) == 3600)
    #expect(table.take("a", at: try #require(Rate("2/h")), now: 0) == nil)
  }

  @Test("a flood from ever new addresses leaves no more of them in memory than there is room for")
  func bounded() throws {
    var table = RateTable<Int>(capacity: 100)
    let rate = try #require(Rate("1/h"))
    for key in 0..<100_000 { _ = table.take(key, at: rate, now: Double(key) / 1000) }
    #expect(table.count == 100)
  }

  @Test("those that owe nothing make room first")
  func sweeping() throws {
    var table = RateTable<Int>(capacity: 3)
    let rate = try #require(Rate("2/s"))
    _ = table.take(1, at: rate, now: 0)
    _ = table.take(2, at: rate, now: 10)
    _ = table.take(2, at: rate, now: 10)
    _ = table.take(3, at: rate, now: 10)
    _ = table.take(4, at: rate, now: 10)
    // 1 was full again and went; 2 still has to wait.
    #expect(table.count == 3)
    #expect(table.take(2, at: rate, now: 10) != nil)
  }

  @Test("one IPv6 customer is one client, one IPv4 address is one")
  func networks() throws {
    func network(_ text: String) throws -> ClientNetwork { ClientNetwork(try #require(IPAddress(text))) }
    #expect(try network("2001:db8::1") == network("2001:db8::ffff:1"))
    #expect(try network("2001:db8::1") != network("2001:db8:0:1::1"))
    #expect(try network("192.0.2.1") != network("192.0.2.2"))
    #expect(try network("192.0.2.1") == network("::ffff:192.0.2.1"))
    // The same bits in another family.
    #expect(try network("0.0.0.1") != network("0:0:0:1::"))
  }

  @Test("each client has as many connections as it may, this machine as many as it likes unless it is said")
  func connections() throws {
    let counts = ConnectionCounts(limit: 2)
    let one = try #require(IPAddress("2001:db8::1"))
    let sibling = try #require(IPAddress("2001:db8::2"))
    let loopback = try #require(IPAddress("127.0.0.1"))
    #expect(counts.open(one) && counts.open(sibling) && !counts.open(one))
    counts.close(sibling)
    #expect(counts.open(one) && !counts.open(sibling))
    #expect(counts.open(loopback) && counts.open(loopback) && !counts.open(loopback))
    let usual = ConnectionCounts()
    #expect((0..<1000).allSatisfy { _ in usual.open(loopback) })
    #expect((0..<ConnectionCounts.defaultLimit).allSatisfy { _ in usual.open(one) } && !usual.open(one))
  }

  @Test("a budget gives what it has and takes nothing where it has too little")
  func budget() {
    let budget = ByteBudget(10)
    func take(_ count: Int) -> Bool { budget.take(count, by: nil) }
    #expect(take(6) && !take(5) && take(4) && !take(1))
    budget.give(10, by: nil)
    #expect(budget.taken == 0 && take(10))
  }

  @Test("one client has half of a budget, and room again when it has given some back; this machine may have all")
  func share() throws {
    let budget = ByteBudget(10)
    let one = try #require(IPAddress("192.0.2.1"))
    let other = try #require(IPAddress("192.0.2.2"))
    #expect(budget.take(5, by: one) && !budget.take(1, by: one) && budget.take(5, by: other))
    budget.give(2, by: one)
    #expect(budget.take(2, by: one) && !budget.take(1, by: one))
    budget.give(5, by: one)
    budget.give(5, by: other)
    #expect(budget.taken == 0 && budget.take(10, by: IPAddress("127.0.0.1")))
    #expect(budget.take(0, by: other) && budget.clients == 0, "nobody who has nothing is remembered")
  }
}
