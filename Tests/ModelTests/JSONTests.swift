import FoundationEssentials
import Model
import Testing

@Suite("The JSON dialect")
struct JSONTests {
  @Test("a run specification comes back as it was written")
  func roundTrip() throws {
    let pipeline = Pipeline(
      name: "shop", repository: try RepositoryURL("git@github.com:acme/shop.git"),
      triggers: Triggers(push: PushTrigger(branches: ["main"], tags: nil, skip: "[skip]"), manual: true),
      environment: ["MIXED_Case": "1", "camelCase": "2"], secrets: ["A_B"], timeout: 90,
      steps: [Step(name: "test", run: "make", allowFailure: true)])
    let request = RunRequest(
      pipeline: pipeline, trigger: .push, ref: try #require(RefName("refs/heads/main")),
      commit: CommitID(String(repeating: "a", count: 40)))
    let spec = RunSpec(
      number: 7, request: request, mirror: "/m", workspace: "/w", allowedSchemes: [.https, .ssh],
      eventFile: "/e")
    let bytes = try JSON.encoder().encode(spec)
    #expect(try JSON.decoder().decode(RunSpec.self, from: bytes) == spec)
  }

  @Test("a push comes back as it was written")
  func pushRoundTrip() throws {
    let id = try #require(CommitID(String(repeating: "b", count: 40)))
    let push = Push(
      repository: "acme/shop", addresses: [try RepositoryURL("https://github.com/acme/shop")],
      ref: try #require(RefName("refs/tags/v1")), before: id, after: id, created: true, deleted: false,
      forced: false, pusher: "ann", message: nil)
    #expect(try JSON.decoder().decode(Push.self, from: JSON.encoder().encode(push)) == push)
  }

  @Test("a handover carries every kind of access")
  func handover() throws {
    let handover = Handover(
      directory: "/runs/1", secrets: ["DATABASE_URL": "x"],
      credentials: [
        RepositoryCredential(pattern: "https://a/*", access: .token("t")),
        RepositoryCredential(pattern: "b", access: .password(user: "u", password: "p")),
        RepositoryCredential(pattern: "c", access: .key(user: nil, privateKey: "k", knownHosts: "h")),
      ])
    let bytes = try JSON.encoder().encode(handover)
    #expect(!bytes.contains(UInt8(ascii: "\n")), "the handover is one line")
    let back = try JSON.decoder().decode(Handover.self, from: bytes)
    #expect(try JSON.encoder().encode(back) == bytes)
    #expect(back.secrets == handover.secrets)
  }

  @Test("times are RFC 3339 in UTC with milliseconds")
  func times() throws {
    let date = Date(timeIntervalSince1970: 1_750_000_000.125)
    #expect(JSON.text(of: date) == "2025-06-15T15:06:40.125Z")
    let back = try JSON.decoder().decode([Date].self, from: Data("[\"2025-06-15T15:06:40.125Z\"]".utf8))
    #expect(abs(back[0].timeIntervalSince(date)) < 0.001)
  }

  @Test("a secret does not print")
  func secrets() {
    let secret = Secret("hunter2")
    var dumped = ""
    dump([secret], to: &dumped)
    #expect(!"\(secret) \(String(reflecting: secret)) \(dumped)".contains("hunter2"))
    #expect(Secret(" \n").isBlank)
  }

  @Test(
    "lengths of time read well",
    arguments: [
      (0.85, "850 ms"), (4.2, "4.2 s"), (4.0, "4 s"), (59.96, "1 min"), (185, "3 min 5 s"), (7800, "2 h 10 min"),
      (0.9999, "1 s"),
    ])
  func seconds(value: Double, text: String) {
    #expect(Seconds(value).description == text)
  }

  @Test("a header that is sent twice has no single value")
  func duplicateHeaders() {
    var headers: Headers = ["X-A": "1"]
    #expect(headers["x-a"] == "1")
    headers.append("x-A", "2")
    #expect(headers["x-a"] == nil)
    #expect(headers[all: "X-a"] == ["1", "2"])
  }
}
