import EndToEndSupport
import Foundation
import Model
import TestSupport
import Testing

/// A pipeline that installs Pushrod and restarts the service that runs it.
@Suite("Pushrod deploys itself")
struct SelfDeployTests {
  enum Launcher: String, CaseIterable, Sendable { case spawn, socket }

  @Test(
    "new executables are installed and the agent restarted from within a run, which succeeds with its whole log",
    .enabled(if: findProgram("systemd-socket-activate") != nil, "systemd-socket-activate is not installed"),
    arguments: Launcher.allCases)
  func deploys(launcher: Launcher) throws {
    let repository = try GitRepository()
    let commit = try repository.commit("VERSION", "2\n")
    let files = try TemporaryDirectory("selfdeploy")
    let bin = files.file("bin")
    try FileManager.default.createDirectory(atPath: bin, withIntermediateDirectories: true)
    for program in ["pushrod", "pushrod-runner"] {
      try runChecked(["install", builtExecutable(program), "\(bin)/\(program)"])
    }
    let socket = files.file("runner.sock")
    let agent = try AgentUnderTest(
      pipelines: [
        "self.yml": """
        name: self
        repo: \(repository.url)
        on: { push: { branches: [main] } }
        steps:
          - name: install
            run: |
              for program in pushrod pushrod-runner; do
                install \(Self.folder)/$program \(bin)/$program.new
                mv \(bin)/$program.new \(bin)/$program
              done
              echo installed
          - name: restart
            run: |
              before=$(cat \(files.file("pid")))
              touch \(files.file("restart"))
              while [ "$(cat \(files.file("pid")))" = "$before" ]; do echo waiting; sleep 0.05; done
              echo restarted
          - name: healthy
            run: |
              for i in 1 2 3 4 5 6 7 8 9 10; do
                '\(bin)/pushrod' runs --socket '\(files.file("data.sock"))' && break
                sleep 0.3
              done
              sleep 0.5
              echo healthy
        """
      ],
      settings: launcher == .socket ? "runs: { launcher: { socket: \(socket) } }" : "", name: "selfdeploy")
    // The part of systemd: a service that is stopped and started anew when it is asked for, and the runners' socket.
    let runners = try ServerProcess(
      ["systemd-socket-activate", "--listen=\(socket)", "--accept", "--inetd", "\(bin)/pushrod-runner"],
      output: files.file("runners.log"))
    defer { runners.stop() }
    try waitUntil("the runners' socket is there") { FileManager.default.fileExists(atPath: socket) }
    let port = try Loopback.freePort()
    let service = try ServerProcess(
      [
        "bash", "-c",
        """
        start() {
          '\(bin)/pushrod' serve --config '\(agent.configuration)' --listen 127.0.0.1:\(port) \
            --socket '\(files.file("data.sock"))' &
          agent=$!
          echo $agent > '\(files.file("pid"))'
        }
        start
        while :; do
          if [ -e '\(files.file("restart"))' ]; then
            rm '\(files.file("restart"))'; kill -TERM $agent; wait $agent; start
          fi
          sleep 0.02
        done
        """,
      ], output: files.file("service.log"))
    defer { service.stop() }
    try service.waitUntilListening(on: port)
    let first = try String(contentsOfFile: files.file("pid"), encoding: .utf8)

    let body = GitHubPush(cloneURL: repository.url, after: commit).json
    let answer = try runChecked(
      [
        "curl", "-sS", "--data-binary", "@-", "-H", "Content-Type: application/json", "-H", "X-GitHub-Event: push",
        "-H", "X-GitHub-Delivery: self", "-H", "X-Hub-Signature-256: sha256=\(try hmacSHA256(body, key: agent.secret))",
        "http://127.0.0.1:\(port)/webhook/github",
      ], input: Array(body.utf8))
    #expect(answer.contains("started"), "\(answer)")

    func show() -> ShownRun? {
      (try? run(["\(bin)/pushrod", "show", "1", "--json", "--socket", files.file("data.sock")]))
        .flatMap { try? JSON.decoder().decode(ShownRun.self, from: Data($0.stdout)) }
    }
    try waitUntil("the run has ended", within: 60) { show()?.run.state.isFinal ?? false }
    let shown = try #require(show())
    #expect(shown.run.state == .succeeded, "\(shown.run.reason ?? "") \(service.log.suffix(1000))")
    #expect(shown.steps.map(\.stepState) == [.succeeded, .succeeded, .succeeded, .succeeded])
    #expect(shown.events.count { $0.event == .runStarted } == 1)
    #expect(try agent.stepLog(1, "01-") == "installed\n")
    #expect(try agent.stepLog(1, "02-").hasSuffix("restarted\n"))
    #expect(try agent.stepLog(1, "03-").hasSuffix("healthy\n"))
    #expect(try String(contentsOfFile: files.file("pid"), encoding: .utf8) != first)
    #expect(service.log.contains("event=run_taken_up"))
  }

  private static let folder = builtExecutable("pushrod").split(separator: "/").dropLast().map { "/\($0)" }.joined()
}
