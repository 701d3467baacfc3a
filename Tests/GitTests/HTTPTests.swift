import Git
import Testing
import TestSupport

@Suite("Over smart HTTP")
struct HTTPTests {
  private func origin() throws -> (GitRepository, tip: String) {
    let origin = try GitRepository()
    return (origin, try origin.commit("a", "1"))
  }

  @Test("a public repository needs no credentials")
  func withoutCredentials() throws {
    let (origin, tip) = try origin()
    let server = try GitHTTPServer(root: origin.path)
    #expect(try Fixture().fetch(server.url(".git")) == tip)
  }

  @Test("a token is sent as a password, once the server asks")
  func token() throws {
    let (origin, tip) = try origin()
    let server = try GitHTTPServer(root: origin.path, .serve(password: "s3cret"))
    let fixture = try Fixture()
    #expect(try fixture.fetch(server.url(".git"), policy: .everything { _ in .token("s3cret") }) == tip)
    #expect(server.requests.first?.hasSuffix(" -") == true)
    #expect(server.requests.contains { $0.contains("Basic ") })
    #expect(!fixture.messages.joined().contains("s3cret"))
    let other = RemotePolicy.everything { _ in .password(user: "ada", password: "s3cret") }
    #expect(try Fixture().fetch(server.url(".git"), policy: other) == tip)
  }

  @Test("a wrong token, and none, are told apart and said once")
  func refusedCredentials() throws {
    let (origin, _) = try origin()
    let server = try GitHTTPServer(root: origin.path, .serve(password: "s3cret"))
    let wrong = #expect(throws: GitFailure.self) {
      try Fixture().fetch(server.url(".git"), policy: .everything { _ in .token("wr0ng") })
    }
    #expect(wrong?.kind == .authentication)
    #expect(wrong?.description.contains("refuses the token") == true)
    #expect("\(String(describing: wrong))".contains("wr0ng") == false)
    #expect(server.requests.count < 5)
    let none = #expect(throws: GitFailure.self) { try Fixture().fetch(server.url(".git")) }
    #expect(none?.kind == .authentication)
    #expect(none?.description.contains("none are configured") == true)
    #expect(none?.description.contains("`repositories`") == true)
  }

  @Test(
    "answers of the server become sentences",
    arguments: [
      (401, GitFailure.Kind.authentication), (403, .authentication), (404, .notFound), (410, .notFound),
      (500, .network),
      (503, .network),
    ])
  func statuses(code: Int, kind: GitFailure.Kind) throws {
    let server = try GitHTTPServer(root: "/nonexistent", .status(code))
    let failure = #expect(throws: GitFailure.self) {
      try Fixture().fetch(server.url("x.git"), policy: .everything { _ in .token("t0ken") })
    }
    #expect(failure?.kind == kind, "\(String(describing: failure))")
    #expect(failure?.description.hasSuffix(".") == true)
  }

  @Test("a repository that is not there is not found")
  func missing() throws {
    let (origin, _) = try origin()
    let server = try GitHTTPServer(root: origin.path)
    let failure = #expect(throws: GitFailure.self) { try Fixture().fetch(server.url("nothing.git")) }
    #expect(failure?.kind == .notFound)
  }

  @Test("a redirect is refused and the token stays here", arguments: ["127.0.0.1", "localhost"])
  func redirect(host: String) throws {
    let (origin, _) = try origin()
    let target = try GitHTTPServer(root: origin.path, .serve(password: "s3cret"))
    let server = try GitHTTPServer(root: origin.path, .redirect(to: "http://\(host):\(target.port)"))
    let policy = RemotePolicy.everything { _ in .token("s3cret") }
    let failure = #expect(throws: GitFailure.self) { try Fixture().fetch(server.url(".git"), policy: policy) }
    #expect(failure?.kind == .forbidden, "\(String(describing: failure))")
    #expect(failure?.description.contains("redirect") == true)
    let list = #expect(throws: GitFailure.self) { try Mirror.tips(url: server.url(".git"), policy: policy) }
    #expect(list?.kind == .forbidden)
    #expect(target.requests == [])
  }

  @Test("a certificate of nobody we know is refused in words")
  func unknownCertificate() throws {
    let (origin, _) = try origin()
    let server = try GitHTTPServer(root: origin.path, tls: true)
    let failure = #expect(throws: GitFailure.self) { try Fixture().fetch(server.url(".git")) }
    #expect(failure?.kind == .network, "\(String(describing: failure))")
    #expect(failure?.description.contains("certificate") == true, "\(String(describing: failure))")
    #expect(server.requests == [])
  }

  @Test("nothing listening, no such name: both say so")
  func unreachable() throws {
    let port = try Loopback.freePort()
    let refused = #expect(throws: GitFailure.self) { try Fixture().fetch("http://127.0.0.1:\(port)/x.git") }
    #expect(refused?.kind == .network)
    #expect(refused?.description.contains("nothing listens there") == true, "\(String(describing: refused))")
    let unknown = #expect(throws: GitFailure.self) { try Fixture().fetch("http://no-such-host.invalid/x.git") }
    #expect(unknown?.kind == .network)
    #expect(unknown?.description.contains("cannot be resolved") == true, "\(String(describing: unknown))")
  }
}
