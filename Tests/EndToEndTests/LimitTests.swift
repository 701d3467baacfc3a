import EndToEndSupport
import Foundation
import Model
import TestSupport
import Testing

/// A user's file with `limits`, through the real executables.
@Suite("What steps use, and may use")
struct LimitTests {
  /// A repository with one commit, an agent with one pipeline of it, and the run of a push.
  private struct Scene {
    let repository: GitRepository
    let agent: AgentUnderTest
    let run: Int

    init(_ pipeline: String) throws {
      repository = try GitRepository()
      let commit = try repository.commit("index.html", "hello\n")
      agent = try AgentUnderTest(
        pipelines: ["shop.yml": "repo: \(repository.url)\non: {push: {branches: [main]}}\n" + pipeline], name: "limits")
      try agent.start()
      run = try #require(try agent.post(GitHubPush(cloneURL: repository.url, after: commit)).runs.first)
    }
  }

  @Test("a log ends where `limits.log` says, `show` tells so, and what each step used")
  func log() throws {
    let scene = try Scene(
      """
      limits: {log: 64K}
      steps:
        - {name: chatty, run: "seq 1 100000"}
        - {name: quiet, run: "echo done"}
        - {name: fatal, run: "yes", limits: {log: 4K, log_end: fail}}
      """)
    let (agent, run) = (scene.agent, scene.run)
    let shown = try agent.finished(run)
    #expect(shown.run.reason == #"step "fatal" failed: the step wrote more than `limits.log` of 4 KB"#)
    #expect(
      try agent.stepLog(run, "01-").hasSuffix(
        "\npushrod: the log ends here: the step wrote more than `limits.log` of 64 KB\n"))
    #expect(try agent.stepLog(run, "02-") == "done\n")
    for step in shown.steps {
      let usage = try #require(step.usage, "\(step.name ?? "")")
      #expect(usage.wall > 0 && usage.peakMemory > 0)
    }
    let text = try agent.pushrod("show", "\(run)").output
    for column in ["TIME", "CPU", "MEMORY", "LOG"] { #expect(text.contains(column)) }
  }

  @Test("a progress bar is kept byte for byte, and each state of it is a line for whoever looks")
  func progress() throws {
    let scene = try Scene(
      #"""
      steps:
        - {name: bar, run: "printf '10%%\r 50%%\r100%%\nready\n'"}
      """#)
    let (agent, run) = (scene.agent, scene.run)
    #expect(try agent.finished(run).run.state == .succeeded)
    #expect(try agent.stepLog(run, "01-") == "10%\r 50%\r100%\nready\n")
    #expect(
      String(decoding: try agent.get("/api/runs/\(run)/steps/1/log"), as: UTF8.self).contains(
        "10%\r 50%\r100%\nready\n"))
    #expect(try agent.pushrod("tail", "\(run)").output.contains("10%\n 50%\n100%\nready\n"))
  }
}
