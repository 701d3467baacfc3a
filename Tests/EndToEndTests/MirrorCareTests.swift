import EndToEndSupport
import Foundation
import Model
import TestSupport
import Testing

@Suite("The agent has mirrors looked after")
struct MirrorCareTests {
  @Test(
    "repacked when they have many packs, and removed with the workspace when no pipeline is left; the repository deploys on",
    arguments: [false, true])
  func care(throughSocket: Bool) throws {
    let repository = try GitRepository()
    let files = try TemporaryDirectory("care")
    var launcher = ""
    var systemd: ServerProcess?
    if throughSocket {
      guard let activate = findProgram("systemd-socket-activate") else {
        return print("skipped: systemd-socket-activate is not installed (apt package systemd)")
      }
      let socket = files.file("runner.sock")
      systemd = try ServerProcess(
        [activate, "--accept", "--inetd", "--listen=\(socket)", builtExecutable("pushrod-runner")],
        output: files.file("log"))
      try waitUntil("the socket is there") { FileManager.default.fileExists(atPath: socket) }
      launcher = "runs: { launcher: { socket: \(socket) } }"
    }
    defer { systemd?.stop() }
    let pipeline = """
      name: shop
      repo: \(repository.url)
      on: { push: { branches: [main] } }
      steps: ['cat page']
      """
    let agent = try AgentUnderTest(
      pipelines: ["shop.yml": pipeline],
      settings: "mirrors: { packs: 3, unused: 2s, every: 1s }\n\(launcher)", name: "care")
    try agent.start()
    func deploy(_ text: String) throws {
      let commit = try repository.commit("page", text)
      let run = try #require(try agent.post(GitHubPush(cloneURL: repository.url, after: commit)).runs.first)
      let shown = try agent.finished(run)
      #expect(shown.run.state == .succeeded, "\(shown.run.reason ?? "")")
      #expect(try agent.stepLog(run, "01-") == text)
    }
    for number in 1...4 { try deploy("page \(number)\n") }
    try waitUntil("a mirror is repacked") { agent.log.contains("event=mirror_repacked") }
    let mirrors = agent.area.file("data/mirrors")
    let name = try #require(
      FileManager.default.contentsOfDirectory(atPath: mirrors).first { $0.hasSuffix(".git") })
    // On a slow machine that may be before the last deploy, which then brings another pack.
    #expect(agent.log.contains(" packs=1 packs_before="), "\(agent.log)")
    try deploy("page 5\n")

    try FileManager.default.removeItem(atPath: agent.area.file("pipelines/shop.yml"))
    try waitUntil("mirror and workspace are removed") {
      !FileManager.default.fileExists(atPath: "\(mirrors)/\(name)")
        && !FileManager.default.fileExists(atPath: agent.area.file("data/workspaces/shop"))
    }
    try waitUntil("both are told of") { agent.log.components(separatedBy: "event=unused_removed").count == 3 }
    try agent.area.write("pipelines/shop.yml", pipeline)
    #expect(try agent.pushrod("reload").status == 0)
    try deploy("page 6\n")
    #expect(!agent.log.contains("event=upkeep_failed"), "\(agent.log)")
    #expect(!agent.log.contains("event=janitor_failed"), "\(agent.log)")
  }
}
