import EndToEndSupport
import Foundation
import Model
import TestSupport
import Testing

@Suite("People follow a run")
struct FollowTests {
  private struct Scene {
    let work: TemporaryDirectory
    let repository: GitRepository
    let agent: AgentUnderTest
    let url: String
    let commit: String
  }

  /// A repository, and an agent whose one pipeline runs `steps`.
  private static func scene(_ steps: String) throws -> Scene {
    let work = try TemporaryDirectory("follow")
    let repository = try GitRepository()
    try repository.write("index.html", "one")
    let commit = try repository.commit("One")
    let url = repository.url
    let agent = try AgentUnderTest(
      pipelines: [
        "shop.yml": """
        name: shop
        repo: \(url)
        on: { push: { branches: [main] }, manual: true }
        \(steps)
        """
      ])
    try agent.start()
    return Scene(work: work, repository: repository, agent: agent, url: url, commit: commit)
  }

  @Test("tail that was started first waits for the run, shows it live and exits with its result")
  func tailWaits() throws {
    let scene = try Self.scene("steps: ['echo working; sleep 0.3; exit 3']")
    let agent = scene.agent
    let tail = try ServerProcess(
      [builtExecutable("pushrod"), "tail", "--commit", scene.commit],
      env: ["PUSHROD_SOCKET": agent.socket], output: scene.work.file("tail.log"))
    try waitUntil("tail waits") { tail.log.contains("waiting for a run") }
    try agent.post(GitHubPush(cloneURL: scene.url, after: scene.commit))
    try waitUntil("tail ends") { tail.hasExited }
    #expect(tail.stop() == 1)
    #expect(tail.log.contains("working"))
    #expect(tail.log.contains("exit 3"))
  }

  @Test("tail survives a restart of the agent without losing or repeating a line")
  func tailSurvivesRestart() throws {
    let scene = try Self.scene(
      "steps: ['for i in $(seq 1 200); do echo \"line $i.\"; sleep 0.01; done']")
    let agent = scene.agent
    let number = try #require(
      try agent.post(GitHubPush(cloneURL: scene.url, after: scene.commit)).runs.first)
    let tail = try ServerProcess(
      [builtExecutable("pushrod"), "tail", String(number)],
      env: ["PUSHROD_SOCKET": agent.socket], output: scene.work.file("tail.log"))
    try waitUntil("some lines arrived") { tail.log.contains("line 20.") }
    agent.kill9()
    usleep(200_000)
    try agent.start()
    try waitUntil("tail ends") { tail.hasExited }
    #expect(tail.stop() == 0, "\(tail.log)")
    for line in 1...200 {
      #expect(tail.log.components(separatedBy: "line \(line).\n").count == 2, "line \(line)")
    }
  }

  @Test("cancel ends the whole process tree, also a grandchild in a session of its own; finally still runs")
  func cancel() throws {
    let scene = try Self.scene(
      """
      grace: 1s
      steps:
        - name: long
          run: |
            setsid sh -c 'trap "" TERM; while :; do date +%s%N > "$PUSHROD_WORKSPACE/../beat"; sleep 0.05; done' &
            echo started
            sleep 60
      finally:
        - echo "ended as $PUSHROD_STATUS"
      """)
    let agent = scene.agent
    let number = try #require(
      try agent.post(GitHubPush(cloneURL: scene.url, after: scene.commit)).runs.first)
    let beat = agent.area.file("data/workspaces/beat")
    try waitUntil("the grandchild lives") { FileManager.default.fileExists(atPath: beat) }
    let cancel = try agent.pushrod("cancel", String(number))
    #expect(cancel.status == 0, "\(cancel.errorOutput)")
    let shown = try agent.finished(number, within: 20)
    #expect(shown.run.state == .cancelled)
    #expect(try agent.stepLog(number, "02-") == "ended as cancelled\n")
    let last = try String(contentsOfFile: beat, encoding: .utf8)
    usleep(400_000)
    #expect(try String(contentsOfFile: beat, encoding: .utf8) == last, "something survived the cancel")
    #expect(try agent.pushrod("tail", String(number)).status == 1)
  }

  @Test("runs can be started by hand, repeated, listed and shown, for people and for programs")
  func byHand() throws {
    let scene = try Self.scene("steps: ['echo hello']")
    let agent = scene.agent
    let started = try agent.pushrod("run", "shop", "--ref", "main")
    #expect(started.status == 0, "\(started.errorOutput)")
    #expect(started.output.contains("hello"))
    #expect(try agent.showRun(1).run.request.commit?.hex == scene.commit)
    #expect(try agent.pushrod("rerun", "1").status == 0)
    let again = try agent.finished(2)
    #expect(again.run.request.rerunOf == 1)
    #expect(again.run.request.attempt == 2)
    let listing = try agent.pushrod("runs")
    #expect(listing.output.contains("shop"))
    #expect(listing.output.contains("succeeded"))
    #expect(try agent.pushrod("show", "1").output.contains(String(scene.commit.prefix(8))))
    #expect(try agent.pushrod("show", "99").status != 0)
    #expect(try agent.pushrod("run", "nothing").errorOutput.contains("nothing"))
  }

  @Test("a repository that cannot be read is a failure, not an agent that is not reachable")
  func repositoryGone() throws {
    let scene = try Self.scene("steps: ['echo hello']")
    try FileManager.default.removeItem(atPath: scene.repository.path)
    let result = try scene.agent.pushrod("run", "shop")
    #expect(result.status == 1)
    #expect(!result.errorOutput.isEmpty)
    #expect(try scene.agent.pushrod("runs").status == 0)
  }

  @Test("commands say that the agent is not reachable, and exit with 3")
  func notReachable() throws {
    let result = try run(
      [builtExecutable("pushrod"), "runs"], env: ["PUSHROD_SOCKET": "/nonexistent/agent.sock"])
    #expect(result.status == 3)
    #expect(result.errorOutput.contains("/nonexistent/agent.sock"))
  }

  @Test("a configuration that is named and does not exist is wrong use, whichever way it is named")
  func noConfiguration() throws {
    let flag = try run([builtExecutable("pushrod"), "runs", "--config", "/nonexistent/nope.yml"])
    #expect(flag.status == 2 && flag.errorOutput.contains("/nonexistent/nope.yml: the configuration does not exist"))
    let variable = try run([builtExecutable("pushrod"), "runs"], env: ["PUSHROD_CONFIG": "/nonexistent/nope.yml"])
    #expect(variable.status == 2 && variable.errorOutput.contains("/nonexistent/nope.yml"))
  }

  @Test("a broken pipeline file leaves the old ones in force and says so")
  func brokenReload() throws {
    let scene = try Self.scene("steps: ['echo hello']")
    let agent = scene.agent
    try agent.area.write("pipelines/broken.yml", "name: broken\nrepo: https://github.com/a/b\nstepz: []\n")
    let reload = try agent.pushrod("reload")
    #expect(reload.status != 0)
    #expect(reload.errorOutput.contains("broken.yml:3"), "\(reload.errorOutput)")
    let answer = try agent.post(GitHubPush(cloneURL: scene.url, after: scene.commit))
    #expect(answer.status == 202)
    try FileManager.default.removeItem(atPath: agent.area.file("pipelines/broken.yml"))
    #expect(try agent.pushrod("reload").status == 0)
  }
}
