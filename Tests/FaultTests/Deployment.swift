import EndToEndSupport
import Foundation
import Model
import TestSupport
import Testing

/// A repository with one file, an agent whose one pipeline runs steps on it, and a folder beside both.
struct Deployment {
  let work: TemporaryDirectory
  let repository: GitRepository
  let agent: AgentUnderTest

  /// - Parameters:
  ///   - pipeline: everything below `on`; `WORK` stands for the folder.
  ///   - settings: of the agent; `WORK` likewise.
  init(_ name: String, _ pipeline: String, settings: String = "") throws {
    work = try TemporaryDirectory("\(name)-work")
    repository = try GitRepository()
    try repository.commit("index.html", "hello\n")
    let folder = work.path
    func filled(_ text: String) -> String { text.replacingOccurrences(of: "WORK", with: folder) }
    agent = try AgentUnderTest(
      pipelines: [
        "shop.yml": """
        name: shop
        repo: \(repository.url)
        on: { push: { branches: [main] }, manual: true }
        timeout: 3m
        \(filled(pipeline))
        """
      ], settings: filled(settings), name: name)
  }

  /// A push of one more commit.
  func push() throws -> GitHubPush { GitHubPush(cloneURL: repository.url, after: try repository.commit("one more")) }

  /// Posts a push.
  /// - Returns: the number of the run that it started.
  func deploy() throws -> Int {
    let answer = try agent.post(push())
    return try #require(answer.runs.first, "\(answer)")
  }

  /// A step that goes on when the file `name` is there.
  static func gate(_ name: String) -> String {
    "  - { name: \(name), run: 'while [ ! -e WORK/\(name) ]; do sleep 0.02; done' }"
  }

  func open(_ gate: String) throws { try work.write(gate, "") }

  func waitForStep(_ prefix: String, of run: Int) throws {
    try waitUntil("step \(prefix) of run \(run) began", within: 120) {
      let files = (try? FileManager.default.contentsOfDirectory(atPath: agent.runDirectory(run))) ?? []
      return files.contains { $0.hasPrefix(prefix) }
    }
  }

  /// The process that carries out a run.
  func runner(of run: Int) throws -> pid_t {
    let events = try String(contentsOfFile: agent.runDirectory(run) + "/events.jsonl", encoding: .utf8)
    let first = try JSON.decoder().decode(
      RunEvent.self, from: Data(try #require(events.split(separator: "\n").first).utf8))
    return pid_t(try #require(first.pid))
  }

  /// SHA-256 of a step's log.
  func hashOfLog(_ run: Int, _ name: String) throws -> String {
    String(try runChecked(["sha256sum", agent.runDirectory(run) + "/" + name]).prefix(64))
  }

  /// SHA-256 of what a step's script writes, run here and now.
  static func hash(ofOutputOf script: String) throws -> String {
    String(try runChecked(["sh", "-c", "(\(script)) | sha256sum"]).prefix(64))
  }
}
