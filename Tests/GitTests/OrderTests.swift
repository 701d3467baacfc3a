import Git
import TestSupport
import Testing

@Suite("Which commit is the newest")
struct OrderTests {
  /// A branch of five commits, fetched.
  private func chain() throws -> (origin: GitRepository, fixture: Fixture, commits: [String]) {
    let origin = try GitRepository()
    let commits = try (1...5).map { try origin.commit("a", "\($0)") }
    let fixture = try Fixture()
    _ = try fixture.fetch(origin.url)
    return (origin, fixture, commits)
  }

  private let main = "refs/heads/main"

  @Test("in one line of history it is the descendant, in whatever order they came")
  func line() throws {
    let (_, fixture, commits) = try chain()
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2], [2, 3, 1, 0]] {
      let found = try fixture.mirror.order(of: order.map { commits[$0] }, in: main)
      let newest = try #require(found.newest)
      #expect(order[newest] == 3, "\(order)")
      #expect(found.older == order.indices.filter { $0 != newest }, "\(order)")
    }
  }

  @Test("of two that are the same, it is the later one, and the tip is newer than all before it")
  func same() throws {
    let (_, fixture, commits) = try chain()
    #expect(try fixture.mirror.order(of: [commits[2], commits[2]], in: main) == .init(newest: 1, older: [0]))
    #expect(try fixture.mirror.order(of: [nil, commits[4], commits[1]], in: main) == .init(newest: 1, older: [0, 2]))
    #expect(try fixture.mirror.order(of: [commits[3], nil, commits[1]], in: main) == .init(newest: 1, older: [0, 2]))
  }

  @Test("where histories diverge it is the later one, as long as the branch has it")
  func diverged() throws {
    let (origin, fixture, commits) = try chain()
    try origin.git("checkout", "--quiet", "-b", "side", commits[1])
    let side = try origin.commit("b", "1")
    try origin.git("checkout", "--quiet", "main")
    try origin.git("merge", "--quiet", "--no-edit", "side")
    _ = try fixture.fetch(origin.url)
    #expect(try fixture.mirror.order(of: [commits[4], side], in: main) == .init(newest: 1, older: [0]))
    #expect(try fixture.mirror.order(of: [side, commits[4]], in: main) == .init(newest: 1, older: [0]))
  }

  @Test("what a force-push removed, and what never was a commit, is never the newest")
  func removed() throws {
    let (origin, fixture, commits) = try chain()
    try origin.git("reset", "--quiet", "--hard", commits[2])
    let new = try origin.commit("a", "new")
    _ = try fixture.fetch(origin.url)
    let nothing = String(repeating: "ab", count: 20)
    // What came before it goes, whatever it is; what came later and is no part of the branch will say so itself.
    #expect(
      try fixture.mirror.order(of: [commits[3], nothing, new, commits[4], "x", commits[1]], in: main)
        == .init(newest: 2, older: [0, 1, 5]))
    #expect(try fixture.mirror.order(of: [commits[3], commits[4], nothing], in: main) == .init(newest: nil, older: []))
  }

  @Test("an annotated tag counts as its commit")
  func tag() throws {
    let (origin, fixture, commits) = try chain()
    try origin.git("tag", "-a", "-m", "one", "v1", commits[3])
    let tag = try origin.git("rev-parse", "v1")
    _ = try fixture.fetch(origin.url, ref: "refs/tags/v1")
    #expect(try fixture.mirror.order(of: [tag, commits[1]], in: main) == .init(newest: 0, older: [1]))
  }

  @Test("a strict ancestor is older; a commit is not older than itself, than one beside it or than one that is unknown")
  func olderThan() throws {
    let (origin, fixture, commits) = try chain()
    try origin.git("reset", "--quiet", "--hard", commits[2])
    let new = try origin.commit("a", "new")
    _ = try fixture.fetch(origin.url)
    #expect(try fixture.mirror.isCommit(commits[1], olderThan: commits[4]))
    #expect(try !fixture.mirror.isCommit(commits[4], olderThan: commits[1]))
    #expect(try !fixture.mirror.isCommit(commits[4], olderThan: commits[4]))
    #expect(try !fixture.mirror.isCommit(new, olderThan: commits[4]))
    #expect(try !fixture.mirror.isCommit(commits[1], olderThan: String(repeating: "ab", count: 20)))
  }
}
