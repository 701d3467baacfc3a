import EndToEndSupport
import Foundation
import Model
import Synchronization
import TestSupport
import Testing

/// Everything that the agent asks a forge for besides the repository itself: GitHub's webhooks and deliveries
/// (`redeliver`), its addresses (`allow: [github]`), a relay. Reporting states to the forge, with its durable outbox, is
/// not part of this version; it belongs here when it comes.
@Suite("Fault 22: the forge's API is down, refuses, is slow, or cannot be found")
struct Fault22_ForgeDownTests {
  private let repository: GitRepository
  private let commit: String

  init() throws {
    repository = try GitRepository()
    commit = try repository.commit("index.html", "one")
  }

  private func agent(_ api: String, relay: String? = nil) throws -> AgentUnderTest {
    let relay = relay.map { "\n    relay: \"\($0)\"" } ?? ""
    let agent = try AgentUnderTest(
      pipelines: [
        "shop.yml": "name: shop\nrepo: \(repository.url)\non: {push: {branches: [main]}}\nsteps: [test -f index.html]\n"
      ],
      source: """
        allow: [github, 127.0.0.1]
            redeliver: { repository: acme/shop, token: { file: github.token }, hook: 1, api: "\(api)" }\(relay)
        """, name: "fault22")
    try agent.area.write("github.token", "t0ken-of-the-test\n", mode: 0o600)
    return agent
  }

  /// A push is deployed, whatever else fails; its token shows nowhere.
  private func deploys(_ agent: AgentUnderTest, wrapper: [String] = []) throws {
    let answer = try agent.post(GitHubPush(cloneURL: repository.url, after: commit), wrapper: wrapper)
    #expect(answer.status == 202)
    for run in answer.runs { #expect(try agent.finished(run).run.state == .succeeded) }
    #expect(!agent.log.contains("t0ken-of-the-test"))
  }

  private func waitForWords(_ words: String, of agent: AgentUnderTest) throws {
    let doctor = { try agent.pushrod("doctor", "--config", agent.configuration).output }
    try waitUntil("doctor says `\(words)`") { try doctor().contains(words) }
  }

  @Test(
    "deploys go on, the error is told once and in words",
    arguments: [
      (HookDeliveryServer.Refusal(401, message: "Bad credentials"), "it does not know the token"),
      (.init(403, message: "Resource not accessible by personal access token"), "Webhooks, read and write"),
      (.init(422, message: "Validation Failed"), "answered 422 (Validation Failed)"),
      (.init(500, message: "Server Error"), "answered 500 (Server Error)"),
      (.init(403, headers: ["Retry-After": "3600"], message: "secondary rate limit"), "asks for patience: 403"),
    ])
  func refused(_ refusal: HookDeliveryServer.Refusal, _ words: String) throws {
    let github = try HookDeliveryServer(token: "t0ken-of-the-test")
    github.change { $0.standing = refusal }
    let agent = try agent(github.api)
    try agent.start(environment: ["PUSHROD_GITHUB_API": github.api])
    try deploys(agent)
    try waitForWords(words, of: agent)
    try waitUntil("the addresses were asked for") { agent.log.contains("github_addresses_failed") }
    #expect(agent.log.components(separatedBy: "redelivery_failed").count == 2)
    #expect(agent.terminate(within: 10))
  }

  @Test("a server that takes requests and does not answer holds up nothing, not even the end of the agent")
  func slow() throws {
    let github = try HookDeliveryServer()
    github.change { $0.isSilent = true }
    let agent = try agent(github.api)
    try agent.start(environment: ["PUSHROD_GITHUB_API": github.api])
    try waitUntil("GitHub is asked") { github.requests.count >= 2 }
    try deploys(agent)
    #expect(agent.terminate(within: 10))
  }

  @Test("nobody is there: pushes are deployed, the cause is told")
  func down() throws {
    let port = try Loopback.freePort()
    let agent = try agent("http://127.0.0.1:\(port)")
    try agent.start(environment: ["PUSHROD_GITHUB_API": "http://127.0.0.1:\(port)"])
    try deploys(agent)
    try waitForWords("127.0.0.1:\(port) cannot be reached: Connection refused", of: agent)
    #expect(agent.terminate(within: 10))
  }

  @Test("Retry-After is kept: by redelivery, for GitHub's addresses and by a relay")
  func patience() throws {
    let relayed = Mutex<[ContinuousClock.Instant]>([])
    let relay = try ScriptedServer { connection in
      _ = try connection.readHead()
      let count = relayed.withLock { times in
        times.append(.now)
        return times.count
      }
      guard count == 1 else { return connection.waitUntilGone() }
      try connection.write("HTTP/1.1 429 Slow\r\nRetry-After: 4\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    }
    let github = try HookDeliveryServer(token: "t0ken-of-the-test")
    github.change {
      $0.hooks = [(1, "https://elsewhere.example/")]
      $0.refusals = [
        ("GET /repos", .init(429, headers: ["Retry-After": "4"])),
        ("GET /meta", .init(403, headers: ["X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "9999999999"])),
      ]
    }
    let agent = try agent(github.api, relay: "http://127.0.0.1:\(relay.port)/channel")
    let began = ContinuousClock.now
    try agent.start(environment: ["PUSHROD_GITHUB_API": github.api])
    try deploys(agent)
    try waitUntil("GitHub is asked again") { github.requests.filter { $0.hasPrefix("GET /repos") }.count >= 2 }
    #expect(began.duration(to: .now) >= .seconds(4))
    try waitUntil("the relay is asked again") { relayed.withLock { $0.count } >= 2 }
    let times = relayed.withLock { $0 }
    #expect(times[0].duration(to: times[1]) >= .seconds(3.9))
    #expect(github.requests.filter { $0 == "GET /meta" }.count == 1)
    #expect(agent.terminate(within: 10))
  }

  @Test(
    "no network at all but this machine's own, and no name that resolves: pushes are deployed, the cause is told",
    .enabled(if: Fault22_ForgeDownTests.canUnshare, "a network namespace of its own needs root (unshare -n)"))
  func noNames() throws {
    let agent = try agent("https://api.github.invalid", relay: "https://relay.invalid/channel")
    try agent.start(
      environment: ["PUSHROD_GITHUB_API": "https://api.github.invalid"],
      wrapper: ["unshare", "-n", "sh", "-c", "ip link set lo up && exec \"$@\"", "sh"])
    try deploys(agent, wrapper: ["nsenter", "-n", "-t", "\(agent.pid)"])
    try waitForWords("api.github.invalid", of: agent)
    try waitUntil("the relay's failure is told") { agent.log.contains("relay_lost") }
    #expect(agent.log.contains("github_addresses_failed"))
    #expect(agent.terminate(within: 10))
  }

  private static let canUnshare =
    (try? run(["unshare", "-n", "sh", "-c", "ip link set lo up"]).status == 0) ?? false
}
