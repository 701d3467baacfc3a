import Foundation
import Git
import Testing
import TestSupport

@Suite("Submodules")
struct SubmoduleTests {
  /// A repository with the given `.gitmodules` and a submodule at `sub`.
  private func origin(modules: String, commit: String) throws -> GitRepository {
    let origin = try GitRepository()
    try origin.write(".gitmodules", modules)
    try origin.git("add", "--all")
    try origin.git("update-index", "--add", "--cacheinfo", "160000,\(commit),sub")
    try origin.git("commit", "--quiet", "-m", "with a submodule")
    return origin
  }

  private func module(_ url: String) -> String { "[submodule \"sub\"]\n\tpath = sub\n\turl = \(url)\n" }

  @Test("with relative addresses are found beside the repository, each with its own mirror")
  func relative() throws {
    let root = try TemporaryDirectory("git-root")
    let library = try GitRepository()
    let origin = try origin(modules: module("../library.git"), commit: try library.commit("l", "library"))
    try GitRepository.git(["clone", "-q", "--bare", library.path, root.file("group/library.git")], in: nil)
    try GitRepository.git(["clone", "-q", "--bare", origin.path, root.file("group/main.git")], in: nil)
    let daemon = try GitDaemon(root: root.path)
    let fixture = try Fixture()
    #expect(try fixture.deploy(daemon.url("group/main.git")).submodules == 1)
    #expect(try fixture.directory.read("workspaces/shop/sub/l") == "library")
    #expect(fixture.messages.contains { $0.contains(daemon.url("group/library.git")) })
    let status = try GitRepository.git(["submodule", "status"], in: fixture.workspace.path)
    #expect(status.hasPrefix(" ") || status.first?.isHexDigit == true, "\(status)")
  }

  @Test("whose commit is gone, or whose address is not allowed, stop the checkout before a file is written")
  func refused() throws {
    let library = try GitRepository()
    let there = try library.commit("l", "1")
    let gone = String(repeating: "1", count: 40)
    let cases: [(String, String, GitFailure.Kind)] = [
      (module(library.url), gone, .unreachable),
      (module("/etc"), there, .forbidden), (module("ext::sh -c id"), there, .forbidden),
      (module("ssh://-oProxyCommand=id/x"), there, .forbidden),
      (module("../../../../../../../../x"), there, .forbidden),
      (module("file:///no/such/repository"), there, .notFound),
      ("[submodule \"sub\"\n", there, .hostileTree),
      ("[submodule \"a\\\nb\"]\n\tpath = sub\n\turl = x\n", there, .hostileTree),
    ]
    for (modules, commit, kind) in cases {
      let origin = try origin(modules: modules, commit: commit)
      let fixture = try Fixture()
      let failure = #expect(throws: GitFailure.self) { try fixture.deploy(origin.url) }
      #expect(failure?.kind == kind, "\(modules): \(String(describing: failure))")
      #expect(!FileManager.default.fileExists(atPath: fixture.workspace.path))
    }
  }

  @Test("without an entry in .gitmodules are an empty folder, as Git leaves them")
  func withoutEntry() throws {
    let origin = try origin(modules: "# nothing\n", commit: String(repeating: "1", count: 40))
    let fixture = try Fixture()
    try fixture.deploy(origin.url)
    try fixture.directory.write("workspaces/shop/sub/dirt", "x")
    try fixture.deploy(origin.url)
    #expect(try FileManager.default.contentsOfDirectory(atPath: fixture.workspace.path + "/sub") == [])
    #expect(fixture.messages.contains { $0.contains("no entry in .gitmodules") })
  }

  @Test("are fetched once, follow the commit, and go when the commit has none")
  func follow() throws {
    let library = try GitRepository()
    let one = try library.commit("l", "1")
    let origin = try origin(modules: module(library.url), commit: one)
    let first = try origin.git("rev-parse", "HEAD")
    let two = try library.commit("l", "2")
    try origin.git("update-index", "--add", "--cacheinfo", "160000,\(two),sub")
    try origin.git("commit", "--quiet", "-m", "newer")
    let second = try origin.git("rev-parse", "HEAD")
    try origin.git("rm", "--quiet", "--cached", "sub")
    try origin.write("sub", "a file now")
    let third = try origin.commit("no submodule")
    let fixture = try Fixture()
    for (commit, text) in [(first, "1"), (second, "2"), (first, "1"), (third, nil), (second, "2")] {
      try fixture.deploy(origin.url, commit)
      if let text {
        #expect(try fixture.directory.read("workspaces/shop/sub/l") == text)
      } else {
        #expect(try fixture.directory.read("workspaces/shop/sub") == "a file now")
      }
      #expect(try GitRepository.git(["status", "--porcelain"], in: fixture.workspace.path) == "")
    }
    #expect(fixture.messages.filter { $0.contains("fetching") }.count == 1)
  }

  @Test("count against the limits of the whole commit")
  func limits() throws {
    let library = try GitRepository()
    for index in 0..<20 { try library.write("f\(index)", "x") }
    let origin = try origin(modules: module(library.url), commit: try library.commit("twenty"))
    let failure = #expect(throws: GitFailure.self) {
      try Fixture().deploy(origin.url, limits: TreeLimits(entries: 15, bytes: 1000))
    }
    #expect(failure?.kind == .hostileTree)
  }

  @Test("that contain themselves end at a depth")
  func endless() throws {
    let origin = try GitRepository()
    // Each commit has the one before as its submodule.
    var commit = try origin.commit("f", "bottom")
    try origin.write(".gitmodules", module(origin.url))
    for _ in 0..<20 {
      try origin.git("add", "--all")
      try origin.git("update-index", "--add", "--cacheinfo", "160000,\(commit),sub")
      try origin.git("commit", "--quiet", "-m", "deeper")
      commit = try origin.git("rev-parse", "HEAD")
    }
    let failure = #expect(throws: GitFailure.self) { try Fixture().deploy(origin.url) }
    #expect(failure?.kind == .hostileTree)
    #expect(failure?.description.contains("nested more than") == true)
  }
}
