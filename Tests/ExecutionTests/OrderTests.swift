import Foundation
import Model
import RunDirectory
import TestSupport
import Testing

@Suite("Never an older commit over a newer one")
struct OrderTests {
  /// A run of the first of three commits, after run 7 has deployed the second.
  private func late(_ change: @escaping (inout RunSpec) -> Void = { _ in }) throws -> (RunFixture, RunRecordRead) {
    let fixture = try RunFixture()
    let first = try #require(CommitID(try fixture.repository.git("rev-parse", "HEAD")))
    let second = try #require(CommitID(try fixture.repository.commit("a.txt", "two\n")))
    try fixture.repository.commit("a.txt", "three\n")
    let order = RunFixture.Order(
      steps: [Step(name: "live", run: "cat a.txt")], finally: [Step(name: "tidy", run: "true")]
    ) {
      $0.request.commit = first
      $0.newest = DeployedCommit(commit: second, run: 7)
      change(&$0)
    }
    return (fixture, try fixture.run(order))
  }

  @Test("a commit older than what was deployed ends superseded by that run, with nothing checked out and nothing run")
  func late() throws {
    let (fixture, run) = try late()
    #expect(run.end?.runState == .superseded)
    #expect(run.end?.supersededBy == 7)
    #expect(run.end?.failedStep == nil)
    let reason = try #require(run.end?.reason)
    #expect(reason.hasPrefix("superseded by run 7, which has begun to deploy "), "\(reason)")
    #expect(reason.contains("a newer commit of main") && reason.contains("pushrod rerun 1"), "\(reason)")
    #expect(run.finished(0)?.commit == nil)
    #expect(run.finished(0)?.stepState == .cancelled)
    let skipped = run.events.filter { $0.event == .stepSkipped }
    #expect(skipped.map(\.reason) == ["superseded by run 7", "superseded by run 7"])
    #expect(!FileManager.default.fileExists(atPath: fixture.area.workspace(of: "shop") + "/a.txt"))
  }

  @Test("where the branch was forced back to it, it is deployed")
  func forcedBack() throws {
    let fixture = try RunFixture()
    let first = try fixture.repository.git("rev-parse", "HEAD")
    let second = try #require(CommitID(try fixture.repository.commit("a.txt", "two\n")))
    // The mirror knows both.
    _ = try fixture.run("true")
    try fixture.repository.git("reset", "--quiet", "--hard", first)
    let run = try fixture.run(
      .init(steps: [Step(name: "live", run: "cat a.txt")]) { $0.newest = DeployedCommit(commit: second, run: 1) })
    #expect(run.end?.runState == .succeeded)
    #expect(try run.log(1) == "one\n")
    #expect(run.finished(0)?.wentBack == nil)
  }

  @Test("what a person asked for is deployed, and the record says that it went back")
  func asked() throws {
    let (_, run) = try late {
      $0.request.mayGoBack = true
      $0.number = 9
    }
    #expect(run.end?.runState == .succeeded)
    #expect(try run.log(1) == "one\n")
    #expect(run.finished(0)?.wentBack == true)
    #expect(try run.log(0).contains("run 7 has deployed the newer commit"))
  }

  @Test("what a person asked for does not go over what has come since, when the agent repeats it by itself")
  func askedBefore() throws {
    let (_, run) = try late {
      $0.request.mayGoBack = true
      $0.request.askedIn = 6
      $0.number = 9
    }
    #expect(run.end?.runState == .superseded)
    #expect(run.end?.supersededBy == 7)
  }

  @Test("the same commit again, and a newer one, are deployed")
  func notLate() throws {
    let (_, same) = try late { $0.newest?.commit = $0.request.commit! }
    #expect(same.end?.runState == .succeeded)
    let (_, newer) = try late { spec in
      let first = spec.request.commit!
      spec.request.commit = spec.newest!.commit
      spec.newest = DeployedCommit(commit: first, run: 7)
    }
    #expect(newer.end?.runState == .succeeded)
    #expect(try newer.log(1) == "two\n")
  }

  @Test("a run that goes is ended for a newer one, which its record names; `finally` runs")
  func superseded() throws {
    let fixture = try RunFixture()
    let runner = try fixture.start(
      .init(
        steps: [Step(name: "live", run: "echo ready; sleep 1000"), Step(name: "after", run: "true")],
        finally: [Step(name: "tidy", run: "echo $PUSHROD_STATUS")], grace: 1))
    try runner.wait(forText: "ready", step: 1)
    #expect(try runner.directory.send(ControlMessage(action: .supersede)).ok == false)
    #expect(try runner.directory.send(ControlMessage(action: .supersede, run: 9)).ok)
    // Once: what is being ended is not ended again.
    #expect(try runner.directory.send(ControlMessage(action: .supersede, run: 10)).ok == false)
    #expect(runner.waitForExit() == 0)
    let run = try RunRecordRead(runner)
    #expect(run.end?.runState == .superseded)
    #expect(run.end?.reason == "superseded by run 9")
    #expect(run.end?.supersededBy == 9)
    #expect(run.end?.failedStep == nil)
    #expect(try run.log(3) == "superseded\n")
  }

  @Test("a run that has done its work and tidies up is left to it")
  func tidying() throws {
    let fixture = try RunFixture()
    let gate = fixture.folder.file("gate")
    let runner = try fixture.start(
      .init(
        steps: [Step(name: "live", run: "true")],
        finally: [Step(name: "tidy", run: "echo ready; while [ ! -e '\(gate)' ]; do sleep 0.02; done")]))
    try runner.wait(forText: "ready", step: 2)
    let reply = try runner.directory.send(ControlMessage(action: .supersede, run: 9))
    #expect(!reply.ok)
    #expect(reply.error == "the run is being ended already")
    try "".write(toFile: gate, atomically: true, encoding: .utf8)
    #expect(runner.waitForExit() == 0)
    #expect(try RunRecordRead(runner).end?.runState == .succeeded)
  }

  @Test("a runner answers which commit is the newest, on the connection on which it was asked")
  func question() throws {
    let fixture = try RunFixture()
    let commits = try (1...3).map { try #require(CommitID(try fixture.repository.commit("a.txt", "\($0)\n"))) }
    let question = OrderQuestion(
      url: fixture.repository.url, credentials: [], allowedSchemes: [.file],
      mirror: fixture.area.mirror(of: try RepositoryURL(fixture.repository.url)),
      ref: try #require(RefName("refs/heads/main")), commits: [commits[2], commits[0], commits[1]], timeout: 30)
    #expect(try ask(question) == OrderAnswer(newest: 0, older: [1, 2]))
    var unreachable = question
    unreachable.url = "file:///nowhere/at/all.git"
    let answer = try #require(try ask(unreachable))
    #expect(answer.newest == nil && answer.error != nil)
    var escaping = question
    escaping.mirror = fixture.area.mirrors + "/../elsewhere.git"
    #expect(try ask(escaping) == nil)
  }

  /// Over a socket pair, as the agent does it; `nil` where the runner only ended.
  private func ask(_ question: OrderQuestion) throws -> OrderAnswer? {
    var ends: [Int32] = [-1, -1]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
      throw CommandFailure("socketpair")
    }
    let ours = FileHandle(fileDescriptor: ends[0], closeOnDealloc: true)
    let theirs = FileHandle(fileDescriptor: ends[1], closeOnDealloc: true)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: builtExecutable("pushrod-runner"))
    process.standardInput = theirs
    process.standardError = FileHandle.nullDevice
    try process.run()
    try theirs.close()
    try ours.write(contentsOf: try JSON.encoder().encode(Handover(question: question)) + Data("\n".utf8))
    let answer = try ours.readToEnd() ?? Data()
    process.waitUntilExit()
    return answer.isEmpty ? nil : try JSON.decoder().decode(OrderAnswer.self, from: answer)
  }
}
