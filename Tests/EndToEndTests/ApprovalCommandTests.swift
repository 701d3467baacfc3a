import EndToEndSupport
import Foundation
import Model
import TestSupport
import Testing

/// A file with `approval`, through the real executables.
@Suite("A run that waits for an approval")
struct ApprovalCommandTests {
  private struct Shop {
    let agent: AgentUnderTest
    let daemon: GitDaemon
    let repository: GitRepository

    init() throws {
      repository = try GitRepository()
      try repository.write("index.html", "hello")
      try repository.commit("First")
      daemon = try GitDaemon(root: (repository.path as NSString).deletingLastPathComponent)
      let head = "repo: \(daemon.url("repository"))\non: {push: {branches: [main]}, manual: true}\n"
      agent = try AgentUnderTest(
        pipelines: [
          "shop.yml": head + """
            steps:
              - {name: build, run: echo built}
              - {name: go, approval: {ask: "Deploy to production?", timeout: 2h}}
              - {name: live, run: echo live}
            finally:
              - {name: tidy, run: echo "$PUSHROD_STATUS"}

            """,
          "other.yml": "name: other\nrepo: \(daemon.url("repository"))\non: {manual: true}\nsteps: [echo other]\n",
        ], settings: "runs: {parallel: 1}")
      try agent.start()
    }

    func push() throws -> Int {
      let commit = try repository.git("rev-parse", "HEAD")
      let answer = try agent.post(GitHubPush(cloneURL: daemon.url("repository"), after: commit))
      return try #require(answer.runs.first)
    }

    func wait(for state: RunState, of run: Int) throws {
      let end = ContinuousClock.now + .seconds(60)
      while ContinuousClock.now < end {
        if try agent.showRun(run).run.state == state { return }
        usleep(50_000)
      }
      Issue.record("run \(run) is not \(state.rawValue): \(try agent.showRun(run).run)")
    }
  }

  @Test("whoever is asked sees which commit it is about, also where nobody named one")
  func commit() throws {
    let shop = try Shop()
    let head = try shop.repository.git("rev-parse", "HEAD")
    #expect(try shop.agent.pushrod("run", "shop", "--no-follow").status == 0)
    try shop.wait(for: .waiting, of: 1)
    #expect(try shop.agent.showRun(1).run.request.commit?.hex == head)
    #expect(try shop.agent.pushrod("runs").output.contains(head.prefix(8)))
  }

  @Test("it says so, keeps its group, survives the agent's restart, and goes on when it is approved")
  func approved() throws {
    let shop = try Shop()
    let agent = shop.agent
    _ = try shop.push()
    let runs = try agent.pushrod("runs", "--json", "--pipeline", "shop").output
    let number = try #require(
      try JSON.decoder().decode(RunListing.self, from: Data(runs.utf8)).runs.first?.number)
    try shop.wait(for: .waiting, of: number)
    let listed = try agent.pushrod("runs").output
    #expect(listed.contains("waiting"))
    #expect(listed.contains(#""go" waits for an approval: Deploy to production?; group shop stays held"#))
    let shown = try agent.pushrod("show", String(number)).output
    #expect(shown.contains("waits for an approval until"))
    #expect(shown.contains("pushrod approve \(number)"))
    // The next run of the group waits behind it.
    let next = try agent.pushrod("run", "shop", "--no-follow")
    #expect(next.status == 0, "\(next.output)")
    #expect(try agent.pushrod("runs").output.contains("waits for run \(number) of group shop"))
    // It takes no place among all runs, of which there is one.
    let other = try agent.pushrod("run", "other")
    #expect(other.status == 0, "\(other.output)")
    // A drain says whom it waits for, and what ends that.
    let drain = try agent.pushrod("drain", "--limit", "1s")
    #expect(drain.status == 1)
    #expect(
      drain.errorOutput.contains("which waits for `pushrod approve \(number)` or `reject`"), "\(drain.errorOutput)")
    // One that waits in the queue is told of as drained, and where it is cancelled the log has its end.
    #expect(try agent.pushrod("run", "other", "--no-follow").status == 0)
    #expect(try agent.pushrod("show", String(number + 3)).output.contains("no run is started: "))
    #expect(try agent.pushrod("cancel", String(number + 3)).status == 0)
    let end = agent.log.split(separator: "\n").first { $0.contains("run \(number + 3) cancelled before it began") }
    #expect(end?.contains("event=run_finished") == true && end?.contains("stage=finish") == true)
    #expect(try agent.pushrod("drain", "--off").status == 0)

    #expect(agent.terminate())
    try agent.start()
    try shop.wait(for: .waiting, of: number)
    let wrong = try agent.pushrod("approve", String(number), "live")
    #expect(wrong.status == 1)
    let approved = try agent.pushrod("approve", String(number))
    #expect(approved.status == 0, "\(approved.output)")
    #expect(approved.output.contains("goes on"))
    #expect(try agent.finished(number).run.state == .succeeded)
    #expect(try agent.stepLog(number, "03-") == "live\n")
    #expect(try agent.pushrod("show", String(number)).output.contains("approved by"))
    #expect(try agent.pushrod("audit").output.contains("approve"))
    let tail = try agent.pushrod("tail", String(number)).output
    #expect(tail.contains("? go: Deploy to production?"))
    #expect(tail.contains("• go approved by"))

    // The group is free again, and the next run asks.
    try shop.wait(for: .waiting, of: number + 1)
    #expect(try agent.pushrod("cancel", String(number + 1)).status == 0)
    #expect(try agent.finished(number + 1).run.state == .cancelled)
  }

  @Test("a rejection needs a reason, which is the run's")
  func rejected() throws {
    let shop = try Shop()
    let agent = shop.agent
    _ = try shop.push()
    try shop.wait(for: .waiting, of: 1)
    #expect(try agent.pushrod("reject", "1").status == 2)
    #expect(try agent.pushrod("reject", "1", "--reason", "  ").status != 0)
    #expect(try agent.pushrod("reject", "1", "--reason", "it is Friday").status == 0)
    let run = try agent.finished(1).run
    #expect(run.state == .failed)
    #expect(run.reason?.hasSuffix(": it is Friday") == true, "\(run.reason ?? "")")
    #expect(try agent.pushrod("approve", "1").status == 1)
    #expect(try agent.pushrod("audit").output.contains("it is Friday"))
  }

  @Test("a runner that is killed while it waits leaves an interrupted run")
  func killed() throws {
    let shop = try Shop()
    _ = try shop.push()
    try shop.wait(for: .waiting, of: 1)
    try shop.agent.killRunner(of: 1)
    try shop.wait(for: .interrupted, of: 1)
    #expect(try shop.agent.pushrod("show", "1").output.contains("never answered"))
  }
}

private struct RunListing: Decodable { var runs: [Run] }
