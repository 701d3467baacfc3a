import Git
import TestSupport
import Testing

@Suite("A server that keeps a fetch waiting, or says too much")
struct NetworkLimitTests {
  /// Limits that are far away, but for those that the test sets.
  private func policy(
    _ change: (inout NetworkLimits) -> Void, credential: RemoteCredential? = nil
  ) -> RemotePolicy {
    var policy = RemotePolicy.everything { _ in credential }
    policy.limits = NetworkLimits(connect: .seconds(50), firstByte: .seconds(50), stall: .seconds(50))
    change(&policy.limits)
    return policy
  }

  private func failure(_ url: String, _ policy: RemotePolicy) throws -> GitFailure {
    try #require(throws: GitFailure.self) { try Fixture().fetch(url, policy: policy) }
  }

  private func origin() throws -> GitRepository {
    let origin = try GitRepository()
    for index in 0..<20 { try origin.commit("file\(index)", String(repeating: "line \(index)\n", count: 50)) }
    return origin
  }

  @Test("before the keys are exchanged is told that the connection did not stand in time", arguments: ["https", "ssh"])
  func connect(scheme: String) throws {
    let server = try SilentServer()
    let policy = policy(
      { $0.connect = .milliseconds(300) }, credential: .key(user: nil, privateKey: "", knownHosts: ""))
    let failure = try failure("\(scheme)://git@127.0.0.1:\(server.port)/x.git", policy)
    #expect(failure.kind == .network)
    #expect(failure.repetition == .mayPass)
    #expect(failure.description.contains("had not exchanged keys"), "\(failure)")
    #expect(failure.description.contains("300 ms (`limits.fetch.connect`)"), "\(failure)")
  }

  @Test("after the question is told that it did not begin to answer", arguments: ["http", "git"])
  func firstByte(scheme: String) throws {
    let server = try SilentServer()
    let failure = try failure(
      "\(scheme)://127.0.0.1:\(server.port)/x.git", policy { $0.firstByte = .milliseconds(300) })
    #expect(failure.kind == .network)
    #expect(failure.repetition == .mayPass)
    #expect(failure.description.contains("did not begin to answer within 300 ms (`limits.fetch.first_byte`)"))
    #expect(failure.description.contains("asked for its refs"), "\(failure)")
  }

  @Test("before it sends objects is told that it was asked for the commits")
  func firstByteOfObjects() throws {
    let server = try HostileGitServer(origin(), .refsThenSilence)
    let failure = try failure(server.url, policy { $0.firstByte = .milliseconds(300) })
    #expect(failure.description.contains("asked for the commits"), "\(failure)")
    #expect(failure.description.contains("`limits.fetch.first_byte`"), "\(failure)")
  }

  @Test("in the middle of the objects is told that it stalled")
  func stall() throws {
    let server = try HostileGitServer(origin(), .halfPack)
    let failure = try failure(server.url, policy { $0.stall = .milliseconds(300) })
    #expect(failure.repetition == .mayPass)
    #expect(failure.description.contains("sent nothing for 300 ms (`limits.fetch.stall`)"), "\(failure)")
    #expect(failure.description.contains("in the middle of the commits"), "\(failure)")
  }

  @Test("byte by byte is ended by the whole time")
  func drip() throws {
    let server = try HostileGitServer(origin(), .drip)
    var policy = policy { $0.stall = .milliseconds(500) }
    policy.deadline = .now + .milliseconds(1500)
    policy.attempts = 4
    let failure = try failure(server.url, policy)
    #expect(failure.kind == .deadline)
    #expect(failure.description.contains("`limits.fetch.total`"), "\(failure)")
    #expect(failure.description.contains("listing the refs"), "\(failure)")
    #expect(server.connections == 1)
  }

  @Test(
    "over ssh, where libssh2 reads the socket itself, is ended at the same limits",
    .enabled(if: SSHServer.unavailable == nil, "needs a real sshd"))
  func ssh() throws {
    let origin = try origin()
    let server = try SSHServer()
    let key = RemoteCredential.key(user: nil, privateKey: server.privateKey, knownHosts: try server.knownHosts)
    // An upload-pack that never says anything.
    let folder = try TemporaryDirectory("ssh-silent")
    try folder.write("bin/git-upload-pack", "#!/bin/sh\nsleep 100\n", mode: 0o755)
    let silent = try SSHServer(path: folder.file("bin"))
    let silentKey = RemoteCredential.key(user: nil, privateKey: silent.privateKey, knownHosts: try silent.knownHosts)
    // Answers of SSH itself count as bytes, so it depends on when they come which of the two limits is reached.
    let silence = policy(
      {
        $0.firstByte = .milliseconds(600)
        $0.stall = .milliseconds(600)
      }, credential: silentKey)
    let first = try failure(silent.url(origin.path), silence)
    #expect(first.repetition == .mayPass)
    #expect(first.description.contains("600 ms (`limits.fetch."), "\(first)")
    // With the same limits, one that answers is left alone.
    let fixture = try Fixture()
    let policy = policy(
      {
        $0.firstByte = .seconds(2); $0.stall = .seconds(2)
      }, credential: key)
    #expect(try fixture.fetch(server.url(origin.path), policy: policy) == origin.git("rev-parse", "HEAD"))
    let bytes = try failure(server.url(origin.path), self.policy({ $0.bytes = 2000 }, credential: key))
    #expect(bytes.kind == .tooMuch, "\(bytes)")
  }

  @Test("with objects without end is cut off at the limit of bytes, and leaves nothing in the mirror")
  func endlessPack() throws {
    let server = try HostileGitServer(origin(), .endlessPack)
    let fixture = try Fixture()
    var policy = policy { $0.bytes = 3 << 20 }
    policy.attempts = 3
    let failure = try #require(throws: GitFailure.self) { try fixture.fetch(server.url, policy: policy) }
    #expect(failure.kind == .tooMuch)
    #expect(failure.description.contains("more than 3145728 bytes (`limits.fetch.bytes`)"), "\(failure)")
    #expect(server.connections == 1)
    #expect(try runChecked(["ls", "\(fixture.mirror.path)/objects/pack"]) == "")
  }

  @Test("with refs without end is cut off, and so is one that never stops talking")
  func endlessWords() throws {
    let listing = try HostileGitServer(origin(), .endlessRefs)
    let refs = try failure(listing.url, policy { _ in })
    #expect(refs.kind == .tooMuch)
    #expect(refs.description.contains("bytes of refs"), "\(refs)")
    let server = try HostileGitServer(origin(), .endlessWords)
    let fixture = try Fixture()
    let words = try #require(throws: GitFailure.self) {
      try fixture.fetch(server.url, policy: policy { $0.bytes = 1 << 20 })
    }
    #expect(words.kind == .tooMuch)
    #expect(fixture.messages.count < 250)
    #expect(fixture.messages.last == "remote: (what else the server says is left out)")
  }

  @Test("with fifty thousand branches is served all the same")
  func manyRefs() throws {
    let origin = try origin()
    let server = try HostileGitServer(origin, .manyRefs(50_000))
    let fixture = try Fixture()
    #expect(try fixture.fetch(server.url) == origin.git("rev-parse", "HEAD"))
    #expect(
      try GitRepository.git(["for-each-ref", "--format=%(refname)"], in: fixture.mirror.path) == "refs/heads/main")
  }
}
