import Git
import TestSupport
import Testing

@Suite("A fetch that fails")
struct RepetitionTests {
  private func origin() throws -> (GitRepository, tip: String) {
    let origin = try GitRepository()
    for index in 0..<20 { try origin.commit("file\(index)", String(repeating: "line \(index)\n", count: 50)) }
    return (origin, try origin.git("rev-parse", "HEAD"))
  }

  private func policy(attempts: Int = 4, pause: Duration = .milliseconds(10)) -> RemotePolicy {
    var policy = RemotePolicy.everything()
    policy.attempts = attempts
    policy.pause = pause
    return policy
  }

  @Test("for a reason that may pass is tried again, and each attempt is said")
  func passes() throws {
    let (origin, tip) = try origin()
    let server = try HostileGitServer(origin, .reset, .cutPack, .serve)
    let fixture = try Fixture()
    #expect(try fixture.fetch(server.url, policy: policy()) == tip)
    #expect(server.connections == 3)
    let said = fixture.messages.filter { $0.hasPrefix("attempt ") }
    #expect(said.count == 2)
    #expect(said.first?.hasPrefix("attempt 2 of 4 in ") == true, "\(fixture.messages)")
    #expect(said.last?.hasPrefix("attempt 3 of 4 in ") == true, "\(fixture.messages)")
    #expect(fixture.messages.contains { $0.contains("broke while reading") }, "\(fixture.messages)")
    try GitRepository.git(["fsck", "--strict"], in: fixture.mirror.path)
    #expect(
      try runChecked(
        ["sh", "-c", "ls objects/pack | grep -vc '^pack-.*[.]\\(pack\\|idx\\)$' || true"], in: fixture.mirror.path)
        == "0")
  }

  @Test("again and again says how often it was tried")
  func exhausts() throws {
    let (origin, _) = try origin()
    let server = try HostileGitServer(origin, .reset)
    let failure = try #require(throws: GitFailure.self) {
      try Fixture().fetch(server.url, policy: policy(attempts: 3))
    }
    #expect(failure.kind == .network)
    #expect(failure.description.contains("in all of 3 attempts"), "\(failure)")
    #expect(server.connections == 3)
  }

  @Test("is not tried again when the pause would outlast the time")
  func noTime() throws {
    let (origin, _) = try origin()
    let server = try HostileGitServer(origin, .reset)
    var short = policy(pause: .seconds(100))
    short.deadline = .now + .seconds(10)
    let failure = try #require(throws: GitFailure.self) { try Fixture().fetch(server.url, policy: short) }
    #expect(!failure.description.contains("attempts"))
  }

  @Test("because the pack was damaged is tried once more, and leaves nothing")
  func damaged() throws {
    let (origin, tip) = try origin()
    let server = try HostileGitServer(origin, .damagedPack)
    let fixture = try Fixture()
    let failure = try #require(throws: GitFailure.self) { try fixture.fetch(server.url, policy: policy()) }
    #expect(failure.kind == .network, "\(failure) \(failure.detail ?? "")")
    #expect(failure.description.contains("is damaged"), "\(failure) \(failure.detail ?? "")")
    #expect(server.connections == 2)
    #expect(try runChecked(["ls", "\(fixture.mirror.path)/objects/pack"]) == "")
    let mended = try HostileGitServer(origin, .damagedPack, .serve)
    #expect(try fixture.fetch(mended.url, policy: policy()) == tip)
  }

  @Test(
    "because the server says so is tried again for 429 and 5xx, and for nothing else",
    arguments: [(401, 1), (403, 1), (404, 1), (429, 3), (500, 3), (503, 3)])
  func statuses(code: Int, attempts: Int) throws {
    let server = try GitHTTPServer(root: "/nonexistent", .status(code))
    #expect(throws: GitFailure.self) { try Fixture().fetch(server.url("x.git"), policy: policy(attempts: 3)) }
    #expect(server.requests.count == attempts, "\(server.requests)")
  }

  @Test("for a redirect, a certificate, a ref that is not there or a name that does not exist is not tried again")
  func stays() throws {
    let (origin, _) = try origin()
    func attempts(_ url: String, ref: String = "refs/heads/main") throws -> [String] {
      let fixture = try Fixture()
      #expect(throws: GitFailure.self) { try fixture.fetch(url, ref: ref, policy: policy()) }
      return fixture.messages.filter { $0.hasPrefix("attempt ") }
    }
    let redirecting = try GitHTTPServer(root: origin.path, .redirect(to: "http://127.0.0.1:1"))
    #expect(try attempts(redirecting.url(".git")) == [])
    let unknown = try GitHTTPServer(root: origin.path, tls: true)
    #expect(try attempts(unknown.url(".git")) == [])
    #expect(try attempts(origin.url, ref: "refs/heads/none") == [])
    #expect(try attempts("http://no-such-host.invalid/x.git").count <= 3)
    #expect(try attempts("http://127.0.0.1:\(Loopback.freePort())/x.git").count == 3)
  }
}
