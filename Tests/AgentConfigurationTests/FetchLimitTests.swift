import Model
import TestSupport
import Testing

@testable import AgentConfiguration

@Suite struct FetchLimitTests {
  private func load(_ text: String) throws -> Configuration {
    let fixture = try ConfigurationFixture()
    try fixture.folder.write("github.secret", "value\n", mode: 0o600)
    return try fixture.load("sources: {github: {sender: github, secrets: [{file: github.secret}]}}\n" + text)
  }

  @Test("each limit on a fetch is read, and the others keep their defaults")
  func limits() throws {
    let read = try load(
      "limits: {fetch: {connect: 5s, first_byte: 10s, stall: 15s, total: 20m, attempts: 2, bytes: 1G, memory: 512M}}")
    #expect(
      read.limits.fetch
        == FetchLimits(connect: 5, firstByte: 10, stall: 15, attempts: 2, bytes: 1 << 30, memory: 512 << 20))
    #expect(read.limits.fetchTimeout == 1200)
    let some = try load("limits: {fetch_timeout: 1h, fetch: {stall: 5m}}")
    #expect(some.limits.fetch == FetchLimits(stall: 300))
    #expect(some.limits.fetchTimeout == 3600)
  }

  @Test("the care for mirrors is read")
  func mirrors() throws {
    #expect(
      try load("mirrors: {packs: 5, unused: 7d, every: 10m}").mirrors
        == MirrorCare(packs: 5, unused: 604_800, every: 600))
    #expect(try load("").mirrors == MirrorCare())
  }
}
