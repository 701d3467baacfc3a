import Git
import Testing
import TestSupport

@Suite("The deadline")
struct DeadlineTests {
  private func expectDeadline(_ url: String, policy: RemotePolicy) throws {
    let start = ContinuousClock.now
    let failure = #expect(throws: GitFailure.self) { try Fixture().fetch(url, policy: policy) }
    #expect(failure?.kind == .deadline, "\(String(describing: failure))")
    // Only against waiting without end: no timing is asserted.
    #expect(ContinuousClock.now - start < .seconds(60))
  }

  @Test("ends a fetch from an HTTP server that says nothing")
  func hangingHTTP() throws {
    let server = try GitHTTPServer(root: "/nonexistent", .hang)
    try expectDeadline(server.url("x.git"), policy: .everything(seconds: 1))
  }

  @Test("ends a fetch from an HTTP server that drips")
  func drippingHTTP() throws {
    let server = try GitHTTPServer(root: "/nonexistent", .drip)
    try expectDeadline(server.url("x.git"), policy: .everything(seconds: 1))
  }

  @Test("ends https://, git:// and ssh:// conversations with a server that accepts and says nothing")
  func silentServer() throws {
    let server = try SilentServer()
    try expectDeadline("https://127.0.0.1:\(server.port)/x.git", policy: .everything(seconds: 1))
    try expectDeadline("git://127.0.0.1:\(server.port)/x.git", policy: .everything(seconds: 1))
    try expectDeadline(
      "ssh://git@127.0.0.1:\(server.port)/x.git",
      policy: .everything(seconds: 1) { _ in .key(user: nil, privateKey: "", knownHosts: "") })
  }

  @Test("that is over already stops before anything is asked")
  func alreadyOver() throws {
    let origin = try GitRepository()
    let tip = try origin.commit("a", "1")
    try expectDeadline(origin.url, policy: .everything(seconds: -1))
    let fixture = try Fixture()
    try fixture.deploy(origin.url)
    let failure = #expect(throws: GitFailure.self) { try fixture.checkOut(tip, policy: .everything(seconds: -1)) }
    #expect(failure?.kind == .deadline)
  }
}
