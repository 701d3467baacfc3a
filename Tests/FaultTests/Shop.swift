import EndToEndSupport
import Foundation
import TestSupport
import Testing

/// A repository, the agent that deploys it, and pushes to both.
struct Shop {
  let repository: GitRepository
  let agent: AgentUnderTest
  private var commit: String

  /// - Parameters:
  ///   - pipeline: everything below `on`.
  ///   - files: how many there are, so that fetching and checking out takes its time.
  init(_ name: String, pipeline: String, files: Int = 1, settings: String = "") throws {
    repository = try GitRepository()
    var random = SeededGenerator(seed: 4)
    for file in 0..<files {
      try repository.write(
        "src/\(file % 40)/\(file).txt",
        (0..<20).map { _ in String(UInt64.random(in: .min ... .max, using: &random)) }.joined())
    }
    try repository.write(".gitignore", "build/\n")
    commit = try repository.commit("One")
    agent = try AgentUnderTest(
      pipelines: [
        "shop.yml": """
        name: shop
        repo: \(repository.url)
        on: { push: { branches: [main] }, manual: true }
        \(pipeline)
        """
      ], settings: settings, name: name)
  }

  /// Posts a push of the newest commit.
  /// - Returns: the run's number.
  func push() throws -> Int {
    let answer = try agent.post(GitHubPush(cloneURL: repository.url, after: commit))
    return try #require(answer.runs.first, "\(answer)")
  }

  /// Commits something and posts the push.
  mutating func pushNext(_ text: String) throws -> Int {
    let before = commit
    commit = try repository.commit("index.html", text)
    let answer = try agent.post(GitHubPush(cloneURL: repository.url, before: before, after: commit))
    return try #require(answer.runs.first, "\(answer)")
  }
}
