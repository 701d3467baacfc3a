import Git
import Testing
import TestSupport

@Suite("Over ssh", .enabled(if: SSHServer.unavailable == nil, "needs a real sshd"))
struct SSHTests {
  private func policy(_ server: SSHServer, key: String? = nil, knownHosts: String) -> RemotePolicy {
    let key = key ?? server.privateKey
    return .everything { _ in .key(user: nil, privateKey: key, knownHosts: knownHosts) }
  }

  private func origin() throws -> (GitRepository, tip: String) {
    let origin = try GitRepository()
    return (origin, try origin.commit("a", "1"))
  }

  @Test("an ed25519 key and a known host fetch and list", arguments: ["ed25519", "ecdsa"])
  func fetches(type: String) throws {
    let (origin, tip) = try origin()
    let server = try SSHServer(hostKeys: [type], userKey: type)
    let policy = policy(server, knownHosts: try server.knownHosts)
    #expect(try Fixture().fetch(server.url(origin.path), policy: policy) == tip)
    #expect(try Mirror.tips(url: server.url(origin.path), policy: policy).map(\.name) == ["HEAD", "refs/heads/main"])
  }

  @Test("an unknown host is refused with its fingerprint and the line to add, and that line works")
  func unknownHost() throws {
    let (origin, tip) = try origin()
    let server = try SSHServer()
    for text in ["", "# nothing\n", "other.example ssh-ed25519 AAAA\n"] {
      let failure = #expect(throws: GitFailure.self) {
        try Fixture().fetch(server.url(origin.path), policy: policy(server, knownHosts: text))
      }
      #expect(failure?.kind == .hostKey)
      let sentence = try #require(failure?.description)
      #expect(sentence.contains(try server.fingerprint()))
      let line = try #require(sentence.split(separator: "known_hosts: ").last)
      #expect(try Fixture().fetch(server.url(origin.path), policy: policy(server, knownHosts: text + line)) == tip)
    }
  }

  @Test("a changed host key is refused loudly, with the line's number")
  func changedHost() throws {
    let (origin, _) = try origin()
    let (server, impostor) = (try SSHServer(), try SSHServer())
    let old = try impostor.knownHosts.replacing(":\(impostor.port)", with: ":\(server.port)")
    let failure = #expect(throws: GitFailure.self) {
      try Fixture().fetch(server.url(origin.path), policy: policy(server, knownHosts: "# first line\n" + old))
    }
    #expect(failure?.kind == .hostKey)
    #expect(failure?.description.contains("HAS CHANGED") == true)
    #expect(failure?.description.contains("Line 2") == true)
    #expect(failure?.description.contains(try server.fingerprint()) == true)
  }

  @Test("hashed entries, wildcards and revoked keys count as OpenSSH counts them")
  func kindsOfEntries() throws {
    let (origin, tip) = try origin()
    let server = try SSHServer()
    let plain = try server.knownHosts
    let directory = try TemporaryDirectory("known-hosts")
    try directory.write("known_hosts", plain)
    try runChecked(["ssh-keygen", "-q", "-H", "-f", directory.file("known_hosts")])
    let hashed = try directory.read("known_hosts")
    #expect(hashed.hasPrefix("|1|"))
    #expect(try Fixture().fetch(server.url(origin.path), policy: policy(server, knownHosts: hashed)) == tip)
    let wild = plain.replacing("[127.0.0.1]", with: "host.example,[127.0.*]")
    #expect(try Fixture().fetch(server.url(origin.path), policy: policy(server, knownHosts: wild)) == tip)
    for text in [plain + "@revoked " + plain, plain.replacing("[127", with: "!\(plain.prefix { $0 != " " }),[127")] {
      let failure = #expect(throws: GitFailure.self) {
        try Fixture().fetch(server.url(origin.path), policy: policy(server, knownHosts: text))
      }
      #expect(failure?.kind == .hostKey)
    }
  }

  @Test("a key of another type than the known one is unknown, not changed")
  func otherType() throws {
    let (origin, _) = try origin()
    let server = try SSHServer(hostKeys: ["ed25519", "ecdsa"])
    let onlyEd25519 = try server.knownHosts.split(separator: "\n").filter { $0.contains("ed25519") }.joined()
    let failure = #expect(throws: GitFailure.self) {
      try Fixture().fetch(server.url(origin.path), policy: policy(server, knownHosts: onlyEd25519))
    }
    #expect(failure?.kind == .hostKey)
    #expect(failure?.description.contains("other types only (ssh-ed25519)") == true)
    #expect(failure?.description.contains(try server.fingerprint("ecdsa")) == true)
  }

  @Test("a key that is not let in is refused once")
  func refusedKey() throws {
    let (origin, _) = try origin()
    let (server, other) = (try SSHServer(), try SSHServer())
    let failure = #expect(throws: GitFailure.self) {
      try Fixture().fetch(
        server.url(origin.path), policy: policy(server, key: other.privateKey, knownHosts: server.knownHosts))
    }
    #expect(failure?.kind == .authentication)
    #expect(failure?.description.contains("deploy key") == true, "\(String(describing: failure))")
  }

  @Test("RSA keys, keys with a passphrase and other texts are refused with what to do")
  func unusableKeys() throws {
    let (origin, _) = try origin()
    let server = try SSHServer()
    let directory = try TemporaryDirectory("keys")
    func key(_ words: String...) throws -> String {
      _ = try? run(["rm", "-f", directory.file("key"), directory.file("key.pub")])
      try runChecked(["ssh-keygen", "-q", "-f", directory.file("key")] + words)
      return try directory.read("key")
    }
    let cases = [
      (try key("-t", "rsa", "-N", ""), "RSA"), (try key("-t", "rsa", "-m", "PEM", "-N", ""), "RSA"),
      (try key("-t", "ed25519", "-N", "phrase"), "passphrase"), ("ssh-ed25519 AAAA me", "not an OpenSSH private key"),
      ("", "not an OpenSSH private key"),
      ("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n", "damaged"),
    ]
    for (text, word) in cases {
      let failure = #expect(throws: GitFailure.self) {
        try Fixture().fetch(server.url(origin.path), policy: policy(server, key: text, knownHosts: server.knownHosts))
      }
      #expect(failure?.kind == .authentication)
      #expect(failure?.description.contains(word) == true, "\(String(describing: failure))")
      #expect(failure?.description.contains("ssh-keygen -t ed25519") == true)
    }
  }

  @Test("a repository that is not there is not found, and no key is a sentence")
  func missing() throws {
    let server = try SSHServer()
    let failure = #expect(throws: GitFailure.self) {
      try Fixture().fetch(server.url("/no/such/repository.git"), policy: policy(server, knownHosts: server.knownHosts))
    }
    #expect(failure?.kind == .notFound, "\(String(describing: failure))")
    let none = #expect(throws: GitFailure.self) { try Fixture().fetch(server.url("/x.git")) }
    #expect(none?.kind == .authentication)
    #expect(none?.description.contains("no key is configured") == true)
  }
}
