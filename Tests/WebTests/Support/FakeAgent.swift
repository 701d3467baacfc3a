import Agent
import FoundationEssentials
import Model
import Synchronization

/// An agent that does what a test tells it, and remembers what it was asked.
final class FakeAgent: AgentControl {
  struct State {
    /// What the listener refused by itself.
    var refusals: [String] = []
    var requests: [HookRequest] = []
    var knocks: [HookKnock] = []
    var admission: @Sendable (HookKnock) -> HookAnswer? = { _ in nil }
    var answer: @Sendable (HookRequest) async -> HookAnswer = { _ in HookAnswer(status: 200, body: "{}") }
    var runs: [Int: Run] = [:]
    var filters: [RunFilter] = []
    var deliveryFilters: [DeliveryFilter] = []
    var deliveries: [Delivery] = []
    /// `start shop main alice`, …
    var orders: [String] = []
    var failure: (any Error)?
    var readiness = AgentReadiness()
    /// Runs that somebody reads now, as often as they do.
    var held: [Int] = []
    /// Runs that are being removed.
    var leaving: Set<Int> = []
  }

  let state = Mutex(State())
  let root: String

  init(root: String = "/nonexistent") { self.root = root }

  func admit(_ knock: HookKnock) -> HookAnswer? {
    state.withLock { state in
      state.knocks.append(knock)
      return state.admission(knock)
    }
  }

  func refused(_ knock: HookKnock, status: Int, reason: String) {
    let address = knock.address.map { "\($0)" } ?? "-"
    state.withLock { $0.refusals.append("\(knock.source) \(address) \(status): \(reason)") }
  }

  func receive(_ request: HookRequest) async -> HookAnswer {
    let answer = state.withLock { state in
      state.requests.append(request)
      return state.answer
    }
    return await answer(request)
  }

  var refusals: [String] { state.withLock { $0.refusals } }
  var requests: [HookRequest] { state.withLock { $0.requests } }
  var orders: [String] { state.withLock { $0.orders } }

  func answers(_ answer: @escaping @Sendable (HookRequest) async -> HookAnswer) {
    state.withLock { $0.answer = answer }
  }

  func set(_ run: Run) { state.withLock { $0.runs[run.number] = run } }

  private func check() throws {
    if let failure = state.withLock({ $0.failure }) { throw failure }
  }

  func status() async -> AgentStatus {
    AgentStatus(
      version: "0", pid: 1, uptime: 1, pipelines: ["shop"], sources: ["github"], runningRuns: 0, queuedRuns: 0,
      reloadError: nil)
  }

  func runs(_ filter: RunFilter) async throws -> [Run] {
    try check()
    return state.withLock { state in
      state.filters.append(filter)
      return state.runs.values.sorted { $0.number > $1.number }
    }
  }

  func run(number: Int) async throws -> Run {
    try check()
    guard let run = state.withLock({ $0.runs[number] }) else {
      throw ControlError.notFound("There is no run \(number).")
    }
    return run
  }

  var readiness: AgentReadiness { state.withLock { $0.readiness } }

  func directory(ofRun number: Int) -> String { "\(root)/\(number)" }

  func hold(run number: Int) throws -> RunHold {
    guard !state.withLock({ $0.leaving.contains(number) }) else { throw ControlError.notFound("There is no such run.") }
    state.withLock { $0.held.append(number) }
    return RunHold { [self] in
      state.withLock { state in
        if let place = state.held.firstIndex(of: number) { state.held.remove(at: place) }
      }
    }
  }

  func start(pipeline: String, ref: String?, inputs: [String: String], by person: Person) async throws -> Run {
    try check()
    let given = inputs.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
    state.withLock { $0.orders.append("start \(pipeline) \(ref ?? "-")\(given) \(person)") }
    return Run.sample(1, pipeline: pipeline)
  }

  func schedules() async -> [ScheduleReport] {
    [
      ScheduleReport(
        pipeline: "shop", cron: "0 3 * * *", timezone: "UTC", next: Date(timeIntervalSince1970: 1_700_017_200),
        lastRun: 7)
    ]
  }

  func cancel(run number: Int, by person: Person) async throws -> Run {
    try check()
    state.withLock { $0.orders.append("cancel \(number) \(person)") }
    return try await run(number: number)
  }

  func answer(run number: Int, _ answer: ApprovalAnswer, by person: Person) async throws -> Run {
    try check()
    let words = [
      answer.approved ? "approve" : "reject", "\(number)", answer.step ?? "-", answer.reason ?? "-", "\(person)",
    ]
    state.withLock { $0.orders.append(words.joined(separator: " ")) }
    return try await run(number: number)
  }

  func rerun(run number: Int, by person: Person) async throws -> Run {
    try check()
    state.withLock { $0.orders.append("rerun \(number) \(person)") }
    return try await run(number: number)
  }

  func deliveries(_ filter: DeliveryFilter) async throws -> [Delivery] {
    try check()
    return state.withLock { state in
      state.deliveryFilters.append(filter)
      return state.deliveries
    }
  }

  func delivery(number: Int) async throws -> Delivery {
    try check()
    guard let delivery = state.withLock({ $0.deliveries.first { $0.number == number } }) else {
      throw ControlError.notFound("There is no delivery \(number).")
    }
    return delivery
  }

  func replay(delivery number: Int, by person: Person) async throws -> Delivery {
    try check()
    state.withLock { $0.orders.append("replay \(number) \(person)") }
    var again = try await delivery(number: number)
    (again.number, again.way, again.replayOf) = (again.number + 1, .replay, again.number)
    return again
  }

  func reload(by person: Person) async throws -> ReloadReport {
    try check()
    return ReloadReport(pipelines: ["shop"], sources: ["github"], needsRestart: [])
  }

  func drain(_ isOn: Bool, by person: Person) async throws -> AgentStatus {
    try check()
    state.withLock { $0.orders.append("drain \(isOn ? "on" : "off") \(person)") }
    return await status()
  }

  func backup(by person: Person) async throws -> any StoreCopy {
    try check()
    state.withLock { $0.orders.append("backup \(person)") }
    return FakeCopy()
  }
}

/// A little more than is sent at once.
struct FakeCopy: StoreCopy {
  static let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 / 7) }

  var size: Int { FakeCopy.bytes.count }

  func read(at offset: Int, limit: Int) -> [UInt8] { Array(FakeCopy.bytes[offset...].prefix(limit)) }
}

extension Run {
  static func sample(_ number: Int, pipeline: String = "shop", state: RunState = .running) -> Run {
    guard let repository = try? RepositoryURL("https://github.com/acme/shop"),
      let commit = CommitID(String(repeating: "ab", count: 20)), let ref = RefName("refs/heads/main")
    else { preconditionFailure("the sample is not valid") }
    return Run(
      number: number,
      request: RunRequest(
        pipeline: Pipeline(
          name: pipeline, repository: repository, triggers: Triggers(push: nil, manual: true),
          steps: [Step(name: "test", run: "true")]),
        trigger: .push, ref: ref, commit: commit),
      state: state, queuedAt: Date(timeIntervalSince1970: 1_700_000_000))
  }
}
