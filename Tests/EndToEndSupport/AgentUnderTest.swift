public import Foundation
public import Model
public import TestSupport

/// The real `pushrod serve` with a scratch data directory, on a port of its own choice.
///
/// It can be killed and started again on the same data, as often as a test likes.
public final class AgentUnderTest {
  public let area: TemporaryDirectory
  public let secret = "an end-to-end test's secret"
  public private(set) var port = 0
  /// Of the API over TCP, where the settings have one.
  public private(set) var apiPort = 0
  private var process: ServerProcess?
  private var starts = 0
  private let hasAPI: Bool

  /// - Parameters:
  ///   - pipelines: file name to text.
  ///   - settings: more lines of the configuration file.
  ///   - source: one more line of the source `github`.
  public init(pipelines: [String: String], settings: String = "", source: String = "", name: String = "e2e") throws {
    area = try TemporaryDirectory(name)
    hasAPI = settings.contains("api:")
    try area.write("github.secret", secret + "\n", mode: 0o600)
    for (file, text) in pipelines { try area.write("pipelines/\(file)", text) }
    if pipelines.isEmpty {
      try FileManager.default.createDirectory(
        atPath: area.file("pipelines"), withIntermediateDirectories: true)
    }
    try area.write(
      "pushrod.yml",
      """
      listen: 127.0.0.1:0
      data: data
      socket: agent.sock
      pipelines: pipelines
      sources:
        github:
          sender: github
          secrets:
            - file: github.secret
          \(source)
      remotes: { schemes: [https, ssh, git, file, http] }
      \(settings)
      """)
  }

  deinit { process?.stop() }

  public var configuration: String { area.file("pushrod.yml") }
  public var socket: String { area.file("agent.sock") }
  public var pid: pid_t { process?.pid ?? 0 }
  public var log: String { process?.log ?? "" }

  public func runDirectory(_ number: Int) -> String { area.file("data/runs/\(number)") }

  /// Starts the agent and waits until it says where it listens, for hooks, the command line and, where there is one, the API.
  ///
  /// - Parameters:
  ///   - arguments: more flags of `serve`.
  ///   - environment: may name another `PUSHROD_RUNNER`.
  ///   - wrapper: words of a command before the agent's own, which it becomes, such as `unshare -n`.
  public func start(
    _ arguments: String..., environment: [String: String] = [:], wrapper: [String] = []
  ) throws {
    starts += 1
    let process = try ServerProcess(
      wrapper + [builtExecutable("pushrod"), "serve", "--config", configuration] + arguments,
      env: environment.merging(["PUSHROD_RUNNER": builtExecutable("pushrod-runner")]) { given, _ in given },
      output: area.file("agent-\(starts).log"))
    self.process = process
    let end = ContinuousClock.now + .seconds(30)
    while ContinuousClock.now < end {
      let log = process.log
      // The command line asks over the socket, which comes up by itself.
      if let port = Self.port(of: "hooks", in: log), log.contains("for=socket") {
        self.port = port
        guard hasAPI else { return }
        if let port = Self.port(of: "api", in: log) {
          apiPort = port
          return
        }
      }
      if process.hasExited { break }
      usleep(5_000)
    }
    throw CommandFailure("the agent did not come up:\n\(process.log)")
  }

  /// kill -9, as a power cut would.
  public func kill9() { process?.stop() }

  /// Puts a copy of the folder `kept` in the place of the data of an agent that is killed.
  ///
  /// The runner that looks after mirrors outlives the agent that asked it to, and may make a folder in the meantime.
  public func replaceData(with kept: String) throws {
    let data = area.file("data")
    try waitUntil("the old data is gone") { try run(["rm", "-rf", data]).status == 0 }
    try runChecked(["cp", "-a", "--no-target-directory", kept, data])
  }

  /// SIGTERM, and waits for the end.
  /// - Returns: whether it was gone within `seconds`.
  public func terminate(within seconds: Double = 10) -> Bool {
    guard let process else { return true }
    kill(process.pid, SIGTERM)
    let end = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < end {
      if process.hasExited {
        process.stop()
        return true
      }
      usleep(10_000)
    }
    return false
  }

  /// Whether the agent itself has ended.
  public var hasExited: Bool { process?.hasExited ?? true }

  private static func port(of listener: String, in log: String) -> Int? {
    for line in log.split(separator: "\n") where line.contains("for=\(listener)") {
      if let range = line.range(of: "127.0.0.1:") {
        let digits = line[range.upperBound...].prefix(while: \.isNumber)
        if let port = Int(digits), port > 0 { return port }
      }
    }
    return nil
  }

  // MARK: Asking

  /// Runs the real command line against this agent.
  @discardableResult
  public func pushrod(_ arguments: String..., in directory: String? = nil) throws -> CommandResult {
    try pushrod(arguments: arguments, in: directory)
  }

  @discardableResult
  public func pushrod(arguments: [String], in directory: String? = nil) throws -> CommandResult {
    try run(
      [builtExecutable("pushrod")] + arguments, in: directory, env: ["PUSHROD_SOCKET": socket, "NO_COLOR": "1"])
  }

  public func showRun(_ number: Int) throws -> ShownRun {
    let result = try pushrod("show", String(number), "--json")
    guard result.status == 0 else { throw CommandFailure(result.errorOutput) }
    return try JSON.decoder().decode(ShownRun.self, from: Data(result.stdout))
  }

  /// Waits until the run is in a final state.
  public func finished(_ number: Int, within seconds: Double = 60) throws -> ShownRun {
    let end = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < end {
      if let shown = try? showRun(number), shown.run.state.isFinal { return shown }
      usleep(50_000)
    }
    throw CommandFailure("run \(number) did not end within \(seconds) s; the agent says:\n\(log)")
  }

  /// The bytes of one step's log.
  public func stepLog(_ run: Int, _ prefix: String) throws -> String {
    let names = try FileManager.default.contentsOfDirectory(atPath: runDirectory(run))
    guard let name = names.first(where: { $0.hasPrefix(prefix) && $0.hasSuffix(".log") }) else {
      throw CommandFailure("no log starts with \(prefix) among \(names.sorted())")
    }
    let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(runDirectory(run))/\(name)"))
    return String(decoding: bytes, as: UTF8.self)
  }

  // MARK: Posting

  /// Posts a signed GitHub push and returns the answer.
  @discardableResult
  public func post(
    _ push: GitHubPush, id: String = UUID().uuidString, event: String = "push", wrapper: [String] = []
  ) throws -> HookResponse {
    try post(body: push.json, id: id, event: event, wrapper: wrapper)
  }

  @discardableResult
  public func post(
    body: String, id: String = UUID().uuidString, event: String = "push", wrapper: [String] = []
  ) throws -> HookResponse {
    let signature = try hmacSHA256(body, key: secret)
    return try post(
      body: body,
      headers: [
        "Content-Type": "application/json", "X-GitHub-Event": event, "X-GitHub-Delivery": id,
        "X-Hub-Signature-256": "sha256=\(signature)",
      ], wrapper: wrapper)
  }

  /// - Parameter wrapper: as of `start`; to be where the agent is.
  public func post(
    body: String, headers: [String: String], source: String = "github", wrapper: [String] = []
  ) throws -> HookResponse {
    var arguments =
      wrapper + [
        "curl", "-sS", "--max-time", "20", "-o", "-", "-w", "\n%{http_code}", "--data-binary", "@-",
        "http://127.0.0.1:\(port)/webhook/\(source)", "-H", "Expect:",
      ]
    for (name, value) in headers { arguments += ["-H", "\(name): \(value)"] }
    let result = try run(arguments, input: Array(body.utf8))
    guard result.status == 0 else { throw CommandFailure(result.errorOutput) }
    let lines = result.output.split(separator: "\n", omittingEmptySubsequences: false)
    guard let status = lines.last.flatMap({ Int($0) }) else { throw CommandFailure(result.output) }
    return HookResponse(status: status, body: lines.dropLast().joined(separator: "\n"))
  }
}

/// `pushrod show --json`.
public struct ShownRun: Decodable {
  public var run: Run
  public var events: [RunEvent]

  public var steps: [RunEvent] { events.filter { $0.event == .stepFinished } }
}

/// What the hook endpoint said.
public struct HookResponse: Sendable {
  public struct Answer: Decodable, Sendable {
    public var delivery: Int?
    public var verdict: String?
    public var runs: [Int]?
    public var reason: String?
  }

  public var status: Int
  public var body: String

  public init(status: Int, body: String) {
    self.status = status
    self.body = body
  }

  public var answer: Answer? { try? JSONDecoder().decode(Answer.self, from: Data(body.utf8)) }
  public var runs: [Int] { answer?.runs ?? [] }
}

/// HMAC-SHA256 by an implementation that is not ours.
public func hmacSHA256(_ body: String, key: String) throws -> String {
  let hexKey = key.utf8.map { String(format: "%02x", $0) }.joined()
  let output = try runChecked(
    ["openssl", "dgst", "-sha256", "-mac", "HMAC", "-macopt", "hexkey:\(hexKey)"], input: Array(body.utf8))
  return String(output.suffix(64))
}
