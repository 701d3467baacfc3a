import Agent
import Foundation
import Model
import RunDirectory
import TestSupport
import Testing

/// The real runner is asked which commit is the newest, in both ways in which runners are started.
@Suite struct RunnerOrderTests {
  private let folder: TemporaryDirectory
  private let repository: GitRepository
  private let commits: [CommitID]

  init() throws {
    folder = try TemporaryDirectory("order")
    let repository = try GitRepository()
    self.repository = repository
    commits = try (1...3).map { number in try #require(CommitID(try repository.commit("a", "\(number)"))) }
  }

  private func question(url: String? = nil, timeout: Seconds = 30) throws -> OrderQuestion {
    OrderQuestion(
      url: url ?? repository.url, credentials: [], allowedSchemes: [.file],
      mirror: RunArea(root: folder.file("data")).mirror(of: try RepositoryURL(repository.url)),
      ref: try #require(RefName("refs/heads/main")), commits: [commits[0], commits[2], commits[1]], timeout: timeout)
  }

  private let answer = OrderAnswer(newest: 1, older: [0, 2])

  @Test("as a child of the agent")
  func spawned() async throws {
    let order = RunnerOrder(
      .spawn(executable: builtExecutable("pushrod-runner"), environment: ProcessInfo.processInfo.environment))
    #expect(try await order.order(try question()) == answer)
    let failure = await #expect(throws: RunnerProbe.Failure.self) {
      try await order.order(try question(url: "file:///nowhere/at/all.git"))
    }
    #expect(failure?.description.contains("/nowhere/at/all.git") == true)
  }

  @Test("started by systemd for a connection", .enabled(if: findProgram("systemd-socket-activate") != nil))
  func activated() async throws {
    let path = folder.file("runner.socket")
    let systemd = try ServerProcess(
      ["systemd-socket-activate", "-l", path, "--accept", "--inetd", builtExecutable("pushrod-runner")],
      output: folder.file("activate.log"))
    defer { systemd.stop() }
    while !FileManager.default.fileExists(atPath: path) { try await Task.sleep(for: .milliseconds(5)) }
    let order = RunnerOrder(.socket(path: path))
    #expect(try await order.order(try question()) == answer)
    #expect(try await order.order(try question()) == answer)
  }

  @Test("a runner of another version, one that is not there and one that never answers are failures in words")
  func broken() async throws {
    let environment = ["PATH": "/usr/bin:/bin"]
    for (executable, words) in [
      (try folder.script("older", "cat > /dev/null; exit 2"), "no readable answer"),
      (folder.file("absent"), "cannot start"),
    ] {
      let failure = await #expect(throws: RunnerProbe.Failure.self) {
        try await RunnerOrder(.spawn(executable: executable, environment: environment)).order(try question())
      }
      #expect(failure?.description.contains(words) == true, "\(failure?.description ?? "-")")
    }
    let hanging = RunnerOrder(
      .spawn(executable: try folder.script("hangs", "exec sleep 1000"), environment: environment))
    await #expect(throws: RunnerProbe.Failure.self) { try await hanging.order(try question(timeout: Seconds(-1.8))) }
    let absent = RunnerOrder(.socket(path: folder.file("none")))
    await #expect(throws: RunnerProbe.Failure.self) { try await absent.order(try question()) }
  }

  @Test("a question is given up with the task that asked it, and leaves no process")
  func cancelled() async throws {
    let script = try folder.script("hangs", "echo $$ > '\(folder.path)/pid'; exec sleep 1000")
    let order = RunnerOrder(.spawn(executable: script, environment: ["PATH": "/usr/bin:/bin"]))
    let question = try question(timeout: 600)
    let asking = Task { try await order.order(question) }
    while (try? folder.read("pid").hasSuffix("\n")) != true { try await Task.sleep(for: .milliseconds(5)) }
    asking.cancel()
    await #expect(throws: RunnerProbe.Failure.self) { try await asking.value }
    let pid = try #require(pid_t(try folder.read("pid").dropLast()))
    #expect(kill(pid, 0) == -1)
  }
}
