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

    /// - Parameter hiding: a shell script in place of `bwrap`, as the runner sees it.
    init(_ pipeline: String, insteadOfBubblewrap script: String? = nil) throws {
      repository = try GitRepository()
      let commit = try repository.commit("index.html", "hello\n")
      let agent = try AgentUnderTest(
        pipelines: ["shop.yml": "repo: \(repository.url)\non: {push: {branches: [main]}}\n" + pipeline], name: "limits")
      try agent.start(environment: try script.map { ["PUSHROD_RUNNER": try Self.runner(agent.area, $0)] } ?? [:])
      run = try #require(try agent.post(GitHubPush(cloneURL: repository.url, after: commit)).runs.first)
      self.agent = agent
    }

    private static func runner(_ area: TemporaryDirectory, _ script: String) throws -> String {
      for (name, text) in [
        ("bwrap", script),
        (
          "runner",
          """
          exec unshare --mount sh -c 'mount --bind \(area.file("bwrap")) "$(command -v bwrap)"
            exec \(builtExecutable("pushrod-runner")) "$@"' sh "$@"
          """
        ),
      ] {
        // By another process, so that no child of this one holds the file open for writing (ETXTBSY, execve(2)).
        try runChecked(
          ["install", "-m", script.isEmpty && name == "bwrap" ? "644" : "755", "/dev/stdin", area.file(name)],
          input: Array("#!/bin/sh\n\(text)\n".utf8))
      }
      return area.file("runner")
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

  @Test("a step that takes too much memory has failed for that, and `doctor` says who keeps the limit")
  func memory() throws {
    let scene = try Scene(
      """
      limits: {memory: 100M, processes: 200}
      steps:
        - {name: modest, run: "echo fine"}
        - {name: greedy, run: "head -c 600000000 /dev/zero | tail"}
      finally: ["echo after"]
      """)
    let shown = try scene.agent.finished(scene.run)
    #expect(shown.run.reason == #"step "greedy" failed: used more than `limits.memory` of 100 MB"#)
    #expect(try scene.agent.stepLog(scene.run, "03-") == "after\n")
    let doctor = try scene.agent.pushrod("doctor", "--config", scene.agent.configuration).output
    let line = try #require(doctor.split(separator: "\n").first { $0.contains(" limits ") }, "\(doctor)")
    #expect(line.contains("The kernel keeps") || line.contains("runner itself watches over `memory`"), "\(line)")
  }

  private static let sandboxed = """
    sandbox: true
    steps:
      - {name: look, run: "ls data 2>&1 || touch inside; touch /etc/pushrod-was-here 2>&1 || echo read-only"}
      - {name: free, run: "cat /proc/self/status | grep NoNewPrivs", sandbox: false}
    """

  @Test(
    "a sandbox holds what a step does to its workspace",
    .enabled(if: (try? run(["bwrap", "--ro-bind", "/", "/", "true"]).status) == 0, "bubblewrap makes no sandbox here"))
  func sandbox() throws {
    let scene = try Scene(Self.sandboxed)
    #expect(try scene.agent.finished(scene.run).run.state == .succeeded)
    #expect(try scene.agent.stepLog(scene.run, "01-").hasSuffix("read-only\n"))
    #expect(try scene.agent.stepLog(scene.run, "02-").hasSuffix("0\n"))
    let doctor = try scene.agent.pushrod("doctor", "--config", scene.agent.configuration).output
    #expect(doctor.contains("Runners can put steps into a sandbox."), "\(doctor)")
  }

  @Test(
    "where bubblewrap is missing or may not, the step has failed with that, and `doctor` says so beforehand",
    .enabled(
      if: geteuid() == 0 && (try? run(["sh", "-c", "unshare --mount true && command -v bwrap"]).status) == 0,
      "only root can take bubblewrap away from a process, where there is one"),
    arguments: [
      ("", "bubblewrap is not installed (apt-get install bubblewrap)"),
      (
        "echo 'bwrap: No permissions to create new namespace' >&2; exit 1",
        "bwrap: No permissions to create new namespace"
      ),
    ])
  func noSandbox(script: String, reason: String) throws {
    let scene = try Scene(Self.sandboxed, insteadOfBubblewrap: script)
    let shown = try scene.agent.finished(scene.run)
    #expect(
      shown.run.reason == #"step "look" failed: the sandbox cannot be made: "# + reason, "\(shown.run.reason ?? "")")
    #expect(try scene.agent.stepLog(scene.run, "01-").contains(reason))
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
