import EndToEndSupport
import Foundation
import Model
import TestSupport
import Testing

/// A pipeline whose steps stand in the repository, with the real executables.
@Suite("Steps from the repository")
struct RepositoryFileTests {
  private let repository: GitRepository
  private let agent: AgentUnderTest

  init() throws {
    repository = try GitRepository()
    agent = try AgentUnderTest(
      pipelines: [
        "shop.yml": """
        repo: \(repository.url)
        on: {push: {branches: [main]}, manual: true}
        env: {FROM: the agent}
        secrets: [TOKEN]
        file: ci/pushrod.yml
        """
      ], settings: "secrets: {TOKEN: {file: token}}")
    try agent.area.write("token", "a-secret-of-the-agent\n", mode: 0o600)
    try agent.start()
  }

  private func push(_ file: String) throws -> ShownRun {
    let commit = try repository.commit("ci/pushrod.yml", file)
    let runs = try agent.post(GitHubPush(cloneURL: repository.url, after: commit)).runs
    return try agent.finished(try #require(runs.first))
  }

  @Test("each commit brings its own; the agent's file decides the rest")
  func steps() throws {
    let one = try push(
      "steps:\n  - name: build\n    run: echo \"$FROM $PUSHROD_PIPELINE\"\n  - test -n \"$TOKEN\"; echo $TOKEN\nfinally: [echo over]\n"
    )
    #expect(one.run.state == .succeeded, "\(one.run.reason ?? "")")
    #expect(one.steps.compactMap(\.name).count == 4)
    #expect(try agent.stepLog(1, "01-build") == "the agent shop\n")
    #expect(try agent.stepLog(1, "02-") == "***\n")
    #expect(try agent.stepLog(1, "03-") == "over\n")
    #expect(try agent.stepLog(1, "00-").contains("the file `ci/pushrod.yml` of commit"))
    #expect(try agent.pushrod("show", "1").output.contains("build"))

    let two = try push("steps: [echo two]\n")
    #expect(two.run.state == .succeeded && two.steps.count == 2)
    // The first once more: with the steps of its own commit.
    #expect(try agent.pushrod("rerun", "1").status == 0)
    #expect(try agent.stepLog(3, "01-build") == "the agent shop\n")
  }

  @Test("a broken one is a failed run with the place in its log, and leaves the workspace to the next")
  func broken() throws {
    #expect(try push("steps: [echo warm > kept-by-nobody]\n").run.state == .succeeded)
    let run = try push("steps:\n  - run: make\n    timout: 4\nsecrets: [OTHER]\n")
    #expect(run.run.state == .failed && run.run.failedStep == "fetch")
    let reason = try #require(run.run.reason)
    #expect(reason.hasPrefix("the file `ci/pushrod.yml` of commit "), "\(reason)")
    #expect(
      reason.hasSuffix(
        "cannot be used: ci/pushrod.yml:3:5: unknown key `timout` in `steps[1]`; did you mean `timeout`?; 1 more mistake "
          + "is in the log"), "\(reason)")
    let log = try agent.stepLog(run.run.number, "00-")
    #expect(log.contains("   3 |     timout: 4\n     |     ^^^^^^ did you mean `timeout`?\n"), "\(log)")
    #expect(log.contains("`secrets` is not for a file of the repository"), "\(log)")
    let next = try push("steps: [echo well]\n")
    #expect(next.run.state == .succeeded)
    #expect(try !agent.stepLog(next.run.number, "00-").contains("the workspace is made anew"))

    try repository.git("rm", "-q", "ci/pushrod.yml")
    let commit = try repository.commit("Without")
    _ = try agent.post(GitHubPush(cloneURL: repository.url, after: commit))
    #expect(
      try agent.finished(4).run.reason
        == "commit \(commit.prefix(8)) has no file `ci/pushrod.yml`, which says what to run")
  }

  @Test("a link in its place leads nowhere, and a bomb is only a mistake")
  func hostile() throws {
    try FileManager.default.createDirectory(atPath: repository.path + "/ci", withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: repository.path + "/ci/pushrod.yml", withDestinationPath: agent.area.file("token"))
    let commit = try repository.commit("A link")
    _ = try agent.post(GitHubPush(cloneURL: repository.url, after: commit))
    let link = try agent.finished(1)
    #expect(link.run.state == .failed && link.run.reason?.hasSuffix("is no regular file") == true)
    try FileManager.default.removeItem(atPath: repository.path + "/ci/pushrod.yml")
    let bomb = try push(String(repeating: "[", count: 100_000))
    #expect(bomb.run.state == .failed)
    let large = try push("steps: [make]\n#" + String(repeating: "x", count: 300_000))
    #expect(large.run.reason?.contains("at most 262144 are read") == true, "\(large.run.reason ?? "")")
  }
}
