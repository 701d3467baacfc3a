import EndToEndSupport
import Foundation
import Model
import TestSupport
import Testing

/// What becomes of a push when the repository no longer is as the push said.
@Suite("Fault 18: the commit, the ref, the submodule or the whole history is gone when it is fetched")
struct Fault18_FetchTests {
  private static func agent(_ url: String) throws -> AgentUnderTest {
    let agent = try AgentUnderTest(
      pipelines: [
        "shop.yml": """
        name: shop
        repo: \(url)
        on: { push: { branches: ['**'], tags: ['v*'] } }
        steps: ['git rev-parse HEAD; cat page']
        """
      ], name: "fault18")
    try agent.start()
    return agent
  }

  /// Posts a push and waits for its run.
  private static func push(
    _ agent: AgentUnderTest, _ url: String, ref: String = "refs/heads/main",
    before: String = String(repeating: "0", count: 40), _ after: String
  ) throws -> (run: Run, steps: [RunEvent], number: Int) {
    let answer = try agent.post(GitHubPush(cloneURL: url, ref: ref, before: before, after: after))
    let number = try #require(answer.runs.first, "\(answer.body)")
    let shown = try agent.finished(number)
    return (shown.run, shown.steps, number)
  }

  /// As a forge does after a while: what no ref names is gone.
  private static func forgetUnreachable(_ repository: GitRepository) throws {
    try repository.git("reflog", "expire", "--expire=now", "--all")
    try repository.git("gc", "--quiet", "--prune=now")
  }

  @Test("a commit that a force-push removed is not built, nor is another in its place", arguments: [false, true])
  func forcePush(isKnown: Bool) throws {
    let repository = try GitRepository()
    let daemon = try GitDaemon(root: repository.folder)
    let url = daemon.url("repository")
    let base = try repository.commit("page", "base\n")
    let removed = try repository.commit("page", "removed\n")
    let agent = try Self.agent(url)
    // The mirror may hold the commit of an earlier run: that does not make it part of the branch again.
    if isKnown { #expect(try Self.push(agent, url, before: base, removed).run.state == .succeeded) }
    try repository.git("reset", "--quiet", "--hard", base)
    let new = try repository.commit("page", "new\n")
    try Self.forgetUnreachable(repository)

    let (run, steps, number) = try Self.push(agent, url, before: base, removed)
    #expect(run.state == .failed)
    let reason = run.reason ?? ""
    #expect(reason.contains(removed), "\(reason)")
    #expect(reason.contains("not reachable from refs/heads/main any more"), "\(reason)")
    #expect(reason.contains("force-push"), "\(reason)")
    #expect(!steps.contains { $0.step == 1 })
    #expect(try !agent.stepLog(number, "00-").contains("attempt "))
    let page = agent.area.file("data/workspaces/shop/page")
    let content = FileManager.default.contents(atPath: page).map { String(decoding: $0, as: UTF8.self) }
    #expect(content == (isKnown ? "removed\n" : nil))
    #expect(try !wasBuilt(new, agent))

    // The push that replaced it is built.
    let (next, _, second) = try Self.push(agent, url, before: removed, new)
    #expect(next.state == .succeeded, "\(next.reason ?? "")")
    #expect(try agent.stepLog(second, "01-") == "\(new)\nnew\n")
  }

  @Test("a new branch and tags, plain and annotated, are built; a branch that is gone meanwhile is named")
  func refs() throws {
    let repository = try GitRepository()
    let daemon = try GitDaemon(root: repository.folder)
    let url = daemon.url("repository")
    let base = try repository.commit("page", "base\n")
    let agent = try Self.agent(url)
    try repository.git("checkout", "--quiet", "-b", "feature/one")
    let feature = try repository.commit("page", "feature\n")
    let (branch, _, first) = try Self.push(agent, url, ref: "refs/heads/feature/one", feature)
    #expect(branch.state == .succeeded, "\(branch.reason ?? "")")
    #expect(try agent.stepLog(first, "01-") == "\(feature)\nfeature\n")

    try repository.git("tag", "v1", base)
    try repository.git("tag", "--annotate", "--message", "two", "v2", feature)
    let object = try repository.git("rev-parse", "v2")
    let (plain, _, second) = try Self.push(agent, url, ref: "refs/tags/v1", base)
    #expect(plain.state == .succeeded, "\(plain.reason ?? "")")
    #expect(try agent.stepLog(second, "01-") == "\(base)\nbase\n")
    let (annotated, _, third) = try Self.push(agent, url, ref: "refs/tags/v2", object)
    #expect(annotated.state == .succeeded, "\(annotated.reason ?? "")")
    #expect(try agent.stepLog(third, "01-") == "\(feature)\nfeature\n")

    try repository.git("checkout", "--quiet", "main")
    try repository.git("branch", "-D", "feature/one")
    let late = try Self.push(agent, url, ref: "refs/heads/feature/one", before: base, feature).run
    #expect(late.state == .failed)
    #expect(
      late.reason?.contains("has no branch \"feature/one\" (any more). It has \"main\".") == true,
      "\(late.reason ?? "")")
  }

  @Test("an empty repository says that it is empty, and one that is gone that it is gone")
  func emptyAndGone() throws {
    let folder = try TemporaryDirectory("repositories")
    try GitRepository.git(["init", "--quiet", "--bare", "--initial-branch=main", folder.file("shop.git")], in: nil)
    let daemon = try GitDaemon(root: folder.path)
    let url = daemon.url("shop.git")
    let agent = try Self.agent(url)
    let commit = String(repeating: "a", count: 40)
    let empty = try Self.push(agent, url, commit).run
    #expect(empty.state == .failed)
    #expect(empty.reason?.contains("The repository is empty.") == true, "\(empty.reason ?? "")")
    try FileManager.default.removeItem(atPath: folder.file("shop.git"))
    let gone = try Self.push(agent, url, String(repeating: "b", count: 40)).run
    #expect(gone.state == .failed)
    #expect(gone.reason?.contains("There is no repository at \(url)") == true, "\(gone.reason ?? "")")
  }

  @Test("a submodule whose repository or commit is gone is named, and the workspace stays as it was")
  func submodule() throws {
    let folder = try TemporaryDirectory("submodule")
    let library = folder.file("library")
    try GitRepository.git(["init", "--quiet", "--initial-branch=main", library], in: nil)
    try GitRepository.git(["commit", "--quiet", "--allow-empty", "--message", "one"], in: library)
    let repository = try GitRepository()
    let first = try repository.commit("page", "before\n")
    try repository.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "file://\(library)", "lib")
    let second = try repository.commit("with a library")
    let agent = try Self.agent(repository.url)
    #expect(try Self.push(agent, repository.url, first).run.state == .succeeded)

    // Its commit is no longer on any branch.
    try GitRepository.git(["commit", "--quiet", "--amend", "--allow-empty", "--message", "other"], in: library)
    try GitRepository.git(["reflog", "expire", "--expire=now", "--all"], in: library)
    try GitRepository.git(["gc", "--quiet", "--prune=now"], in: library)
    let moved = try Self.push(agent, repository.url, before: first, second).run
    #expect(moved.state == .failed)
    #expect(moved.reason?.contains("Submodule \"lib\" wants commit") == true, "\(moved.reason ?? "")")

    try FileManager.default.removeItem(atPath: library)
    let gone = try Self.push(agent, repository.url, before: first, second).run
    #expect(gone.state == .failed)
    #expect(gone.reason?.contains("Submodule \"lib\": There is no repository") == true, "\(gone.reason ?? "")")
    let workspace = agent.area.file("data/workspaces/shop")
    #expect(try String(contentsOfFile: "\(workspace)/page", encoding: .utf8) == "before\n")
    #expect(!FileManager.default.fileExists(atPath: "\(workspace)/lib"))
    #expect(try GitRepository.git(["status", "--porcelain"], in: workspace) == "")
  }

  /// Whether a step of any run saw the commit.
  private func wasBuilt(_ commit: String, _ agent: AgentUnderTest) throws -> Bool {
    try runChecked(["sh", "-c", "grep -lF \(commit) \(agent.area.path)/data/runs/*/01-*.log || true"]) != ""
  }
}
