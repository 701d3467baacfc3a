import Foundation
import Model
import RunDirectory
import TestSupport
import Testing

/// A real repository, a folder for runs, and the real runner.
final class RunFixture {
  let folder: TemporaryDirectory
  let area: RunArea
  let repository: GitRepository
  private var lastRun = 0

  init() throws {
    folder = try TemporaryDirectory("execution")
    area = RunArea(root: folder.file("data"))
    repository = try GitRepository()
    try repository.write("web/index.html", "<h1>Shop</h1>\n")
    try repository.commit("a.txt", "one\n")
  }

  /// What a test asks for.
  struct Order {
    var steps: [Step]
    var onFailure: [Step]?
    var finally: [Step] = []
    var parallel: Int?
    var environment: [String: String] = [:]
    var secrets: [String: String] = [:]
    var secretNames: [String]?
    var timeout: Seconds = 120
    var grace: Seconds = 10
    var change: (inout RunSpec) -> Void = { _ in }
  }

  /// Makes the run directory of a new run.
  func directory(for order: Order) throws -> RunDirectory {
    lastRun += 1
    let address = try RepositoryURL(repository.url)
    let pipeline = Pipeline(
      name: "shop", repository: address, triggers: Triggers(push: nil, manual: true),
      environment: order.environment, secrets: order.secretNames ?? order.secrets.keys.sorted(),
      timeout: order.timeout, grace: order.grace, steps: order.steps, onFailure: order.onFailure,
      finally: order.finally, parallel: order.parallel)
    let commit = try #require(CommitID(try repository.git("rev-parse", "HEAD")))
    let request = RunRequest(
      pipeline: pipeline, trigger: .push, ref: try #require(RefName("refs/heads/main")), commit: commit,
      pusher: "anna", message: "a change")
    var spec = RunSpec(
      number: lastRun, request: request, mirror: area.mirror(of: address), workspace: area.workspace(of: "shop"),
      allowedSchemes: [.file])
    order.change(&spec)
    return try RunDirectory.create(at: area.directory(ofRun: lastRun).path, spec: spec, eventBody: nil)
  }

  /// Starts the runner and returns at once.
  func start(_ order: Order) throws -> RunningRunner {
    let directory = try directory(for: order)
    return try RunningRunner(
      Handover(directory: directory.path, secrets: order.secrets, credentials: []), directory: directory,
      fixture: self)
  }

  /// Runs to the end.
  func run(_ order: Order) throws -> RunRecordRead {
    let runner = try start(order)
    #expect(runner.waitForExit() == 0)
    return try RunRecordRead(runner)
  }

  func run(_ scripts: String...) throws -> RunRecordRead {
    try run(Order(steps: scripts.enumerated().map { Step(name: "step \($0 + 1)", run: $1) }))
  }
}

/// A runner that was started.
final class RunningRunner {
  let directory: RunDirectory
  let process = Process()
  /// Its folders are there for as long as somebody looks at the run.
  let fixture: RunFixture

  init(
    _ handover: Handover, directory: RunDirectory, fixture: RunFixture, arguments: [String] = []
  ) throws {
    self.directory = directory
    self.fixture = fixture
    let input = Pipe()
    process.executableURL = URL(fileURLWithPath: builtExecutable("pushrod-runner"))
    process.arguments = arguments
    process.standardInput = input
    process.standardError = FileHandle.nullDevice
    try process.run()
    try input.fileHandleForWriting.write(contentsOf: try JSON.encoder().encode(handover) + Data("\n".utf8))
    try input.fileHandleForWriting.close()
  }

  deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

  func waitForExit() -> Int32 {
    process.waitUntilExit()
    return process.terminationStatus
  }

  /// Waits until an event is there; half a minute at most.
  @discardableResult
  func wait(for matches: (RunEvent) -> Bool) throws -> RunEvent {
    try waiting { try directory.events().first(where: matches) }
  }

  /// Waits until the step's log contains a text.
  func wait(forText text: String, step: Int) throws {
    try waiting { () -> Void? in
      let event = try directory.events().first { $0.event == .stepStarted && $0.step == step }
      guard let path = event.flatMap(directory.stepLogPath), let data = FileManager.default.contents(atPath: path),
        String(decoding: data, as: UTF8.self).contains(text)
      else { return nil }
      return ()
    }
  }
}

/// Asks again and again; half a minute at most.
func waiting<Value>(_ ask: () throws -> Value?) throws -> Value {
  let end = ContinuousClock.now + .seconds(30)
  while ContinuousClock.now < end {
    if let value = try ask() { return value }
    usleep(5_000)
  }
  throw CommandFailure("what was waited for did not come")
}

/// What a finished run left on disk.
struct RunRecordRead {
  let directory: RunDirectory
  let events: [RunEvent]
  private let fixture: RunFixture

  init(_ runner: RunningRunner) throws {
    directory = runner.directory
    events = try directory.events()
    fixture = runner.fixture
  }

  /// The last event, which must be the run's end.
  var end: RunEvent? { events.last?.event == .runFinished ? events.last : nil }

  func skipped(_ step: Int) -> String? { events.first { $0.event == .stepSkipped && $0.step == step }?.reason }

  func finished(_ step: Int) -> RunEvent? { events.first { $0.event == .stepFinished && $0.step == step } }

  func bytes(_ step: Int) throws -> [UInt8] {
    let path = try #require(finished(step).flatMap(directory.stepLogPath))
    return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
  }

  func log(_ step: Int) throws -> String { String(decoding: try bytes(step), as: UTF8.self) }
}

extension Step {
  /// A step with more words than its initialiser takes.
  init(_ name: String, _ run: String, _ change: (inout Step) -> Void) {
    self.init(name: name, run: run)
    change(&self)
  }
}
