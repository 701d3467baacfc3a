import Git
import Testing
import TestSupport

@Suite("A mirror")
struct MirrorTests {
  @Test("fetches the tip of a branch over file:// and proves it")
  func fetchesOverFile() throws {
    let origin = try GitRepository()
    let first = try origin.commit("a", "1")
    let second = try origin.commit("a", "2")
    let fixture = try Fixture()
    #expect(try fixture.fetch(origin.url) == second)
    #expect(try fixture.mirror.prove(commit: second, reachableFrom: "refs/heads/main") == second)
    #expect(try fixture.mirror.prove(commit: first, reachableFrom: "refs/heads/main") == first)
  }

  @Test("fetches over git://")
  func fetchesOverGit() throws {
    let origin = try GitRepository()
    let tip = try origin.commit("a", "1")
    let daemon = try GitDaemon(root: origin.path)
    let fixture = try Fixture()
    #expect(try fixture.fetch(daemon.url(".git")) == tip)
    try fixture.checkOut(tip)
    #expect(try fixture.directory.read("workspaces/shop/a") == "1")
  }
}
