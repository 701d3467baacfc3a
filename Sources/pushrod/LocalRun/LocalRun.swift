import Agent
import AgentConfiguration
import FoundationEssentials
import Glibc
import Model
import RunDirectory

/// `pushrod run --local`: a pipeline in the working tree of whoever calls, with the runner that deploys use. No agent, no
/// database, nothing is fetched.
struct LocalRun {
  let pipeline: Pipeline
  let tree: LocalTree
  let secrets: [String: String]
  /// The run directory stays.
  let keeps: Bool
  /// Whatever steps ask is approved.
  let approvesAll: Bool
  /// A value for each of the pipeline's inputs.
  var inputs: [String: String] = [:]

  /// How often what is new is looked for.
  private static let interval: Duration = .milliseconds(50)
  /// A runner that has not begun, or has gone without a last word, is given so long.
  private static let patience: Duration = .seconds(15)

  /// Runs it to its end.
  /// - Throws: `CommandExit` with the result, where that is not success.
  func carryOut() async throws {
    try LocalQuestions.check(pipeline, approvesAll: approvesAll)
    let folder = try LocalRun.makeFolder()
    let area = RunArea(root: folder)
    let directory: RunDirectory
    do {
      directory = try RunDirectory.create(at: area.directory(ofRun: 1).path, spec: spec(area), eventBody: nil)
    } catch {
      throw CommandExit(.failed, "the run directory could not be made: \(error)")
    }
    defer {
      if keeps {
        Output.error.print("The run's logs and files are in \(directory.path).")
      } else {
        LocalRun.remove(folder)
      }
    }
    Interruptions.count()
    let environment = ProcessInfo.processInfo.environment
    let launcher = SpawnLauncher(executable: RunnerExecutable.path(environment), environment: environment)
    do {
      try await launcher.launch(Handover(directory: directory.path, secrets: secrets, credentials: []))
    } catch {
      throw CommandExit(.failed, "the runner could not be started: \(error). Is pushrod-runner beside pushrod?")
    }
    let end = try await follow(directory)
    for _ in 0..<100 where directory.isLocked { try await Task.sleep(for: LocalRun.interval) }
    launcher.reap()
    if Interruptions.number > 0, end.runState != .succeeded { throw CommandExit(.interrupted) }
    guard end.runState == .succeeded else { throw CommandExit(.failed) }
  }

  private func spec(_ area: RunArea) -> RunSpec {
    let request = RunRequest(
      pipeline: pipeline, trigger: .manual, ref: tree.ref, commit: tree.commit, pusher: tree.person,
      message: tree.message, inputs: inputs.isEmpty ? nil : inputs)
    var spec = RunSpec(
      number: 1, request: request, mirror: area.mirrors + "/none", workspace: tree.path, allowedSchemes: [])
    spec.isLocal = true
    return spec
  }

  /// The runner tidies up after its last word, and may do so at the same time.
  private static func remove(_ folder: String) {
    for _ in 0..<100 {
      try? FileManager.default.removeItem(atPath: folder)
      guard NewFile.exists(folder) else { return }
      usleep(50_000)
    }
  }

  private static func makeFolder() throws(CommandExit) -> String {
    let parent = ProcessInfo.processInfo.environment["TMPDIR"].flatMap { $0.hasPrefix("/") ? $0 : nil } ?? "/tmp"
    var template = Array("\(parent)/pushrod-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw CommandExit(.failed, "cannot make a folder in \(parent): \(String(cString: strerror(errno))).")
    }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  // MARK: Following

  private func follow(_ directory: RunDirectory) async throws -> RunEvent {
    var follower = LogFollower(directory)
    let run = Run(number: 1, request: try directory.spec().request, state: .running, queuedAt: Date())
    var printer = RunPrinter(run: run, terminal: .standardOutput, title: "run of \(pipeline.name)")
    var questions = LocalQuestions(directory, person: tree.person, approvesAll: approvesAll)
    var heard = ContinuousClock.now
    var (isCancelled, isHeard) = (false, true)
    while true {
      var end: RunEvent?
      for item in try follower.next() {
        let message = LogMessage(item)
        let output = printer.output(for: message)
        if !output.isEmpty, isHeard {
          questions.makeRoom()
          isHeard = Output.standard.tryWrite(output)
        }
        if case .event(let event) = message {
          questions.note(event)
          if event.event == .runFinished { end = event }
        }
        heard = .now
      }
      if let end { return end }
      if directory.isLocked { heard = .now }
      guard heard.duration(to: .now) < LocalRun.patience else {
        throw CommandExit(.failed, "the runner ended without a last word: \(LocalRun.words(of: directory))")
      }
      if Interruptions.number > 1 { throw killed(directory) }
      // A runner that has only just been started does not listen yet.
      if Interruptions.number > 0, !isCancelled { isCancelled = cancel(directory) }
      questions.ask()
      try await Task.sleep(for: LocalRun.interval)
    }
  }

  /// As a cancel of any run: TERM, the grace period, KILL, and `finally`.
  /// - Returns: whether the runner was told.
  private func cancel(_ directory: RunDirectory) -> Bool {
    guard (try? directory.send(ControlMessage(action: .cancel, by: tree.person))) != nil else { return false }
    _ = Output.error.tryWrite(Array("Cancelling; once more ends it at once.\n".utf8))
    return true
  }

  /// Its guardian ends all that is left.
  private func killed(_ directory: RunDirectory) -> CommandExit {
    if let runner = (try? directory.events())?.first(where: { $0.event == .runStarted })?.pid {
      kill(pid_t(runner), SIGKILL)
    }
    _ = Output.error.tryWrite(Array("Killed.\n".utf8))
    return CommandExit(.interrupted)
  }

  /// What the runner wrote before it knew where to write.
  private static func words(of directory: RunDirectory) -> String {
    let text = try? String(contentsOfFile: directory.path + "/runner.err", encoding: .utf8)
    return (text.flatMap { $0.isEmpty ? nil : $0 } ?? "it was killed, and `finally` was not run").onOneLine
  }
}
