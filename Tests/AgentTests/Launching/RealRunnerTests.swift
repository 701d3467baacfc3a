import Agent
import Foundation
import Model
import RunDirectory
import Store
import TestSupport
import Testing

/// The real runner, started in both ways, from a real repository: the whole of the agent but its network.
@Suite(
  .enabled(
    if: FileManager.default.isExecutableFile(atPath: builtExecutable("pushrod-runner")),
    "pushrod-runner is not built beside the tests"))
struct RealRunnerTests {
  private func checkRun(_ launcher: any RunnerLauncher, _ folder: TemporaryDirectory) async throws {
    let repository = folder.file("shop")
    try runChecked(["git", "init", "--quiet", "--initial-branch=main", repository])
    let who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
    try folder.write("shop/page", "Hello\n")
    try runChecked(["git", "-C", repository, "add", "page"])
    try runChecked(["git", "-C", repository] + who + ["commit", "--quiet", "--message=Say hello"])
    let commit = try #require(CommitID(try runChecked(["git", "-C", repository, "rev-parse", "HEAD"])))
    let store = try SQLiteStore.open(path: folder.file("data/pushrod.db"))
    let area = RunArea(root: folder.file("data"))
    var rules = someRules([])
    rules.allowedSchemes = [.file]
    let dispatcher = Dispatcher(
      store: store,
      rules: RulesInForce(
        rules,
        origin: RulesOrigin(load: { throw CommandFailure("not here") }, loadPipelines: { _ in [] }, fingerprint: { 0 }),
        logger: .silent),
      area: area, launcher: launcher, order: StandInOrder.unknown, logger: .silent)
    let serving = Task { try await dispatcher.run() }
    defer { serving.cancel() }
    var pipeline = try somePipeline(repository: "file://\(repository)")
    pipeline.steps = [Step(name: "build", run: "cat page; echo $PUSHROD_COMMIT; exit 3")]
    var request = someRequest(pipeline)
    request.commit = commit

    let queued = try await store.enqueue(request, at: Date())
    dispatcher.wake()

    let end = ContinuousClock.now + .seconds(60)
    var run = queued
    while !run.state.isFinal, ContinuousClock.now < end {
      try await Task.sleep(for: .milliseconds(10))
      run = try #require(try await store.run(number: 1))
    }
    #expect(run.state == .failed)
    #expect(run.failedStep == "build")
    #expect(try folder.read("data/runs/1/01-build.log") == "Hello\n\(commit)\n")
    #expect(try folder.read("data/logs/shop/latest/01-build.log") == "Hello\n\(commit)\n")
  }

  @Test("spawned by the agent")
  func spawned() async throws {
    let folder = try TemporaryDirectory("spawned")
    let launcher = SpawnLauncher(
      executable: builtExecutable("pushrod-runner"), environment: ProcessInfo.processInfo.environment)

    try await checkRun(launcher, folder)
  }

  @Test("started by systemd for a connection", .enabled(if: findProgram("systemd-socket-activate") != nil))
  func activated() async throws {
    let folder = try TemporaryDirectory("activated")
    let path = folder.file("runner.socket")
    let systemd = try ServerProcess(
      ["systemd-socket-activate", "-l", path, "--accept", "--inetd", builtExecutable("pushrod-runner")],
      output: folder.file("activate.log"))
    defer { systemd.stop() }
    while !FileManager.default.fileExists(atPath: path) { try await Task.sleep(for: .milliseconds(5)) }

    try await checkRun(SocketLauncher(path: path), folder)
  }
}
