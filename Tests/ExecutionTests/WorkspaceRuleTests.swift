import Foundation
import Model
import RunDirectory
import TestSupport
import Testing

/// `workspace` through the real runner.
@Suite("The rule of a workspace")
struct WorkspaceRuleTests {
  private func order(_ rule: WorkspaceRule, _ scripts: String...) -> RunFixture.Order {
    RunFixture.Order(
      steps: scripts.enumerated().map { Step(name: "step \($0 + 1)", run: $1) },
      change: { $0.request.pipeline.workspace = rule })
  }

  @Test("sparse folders are all that steps find, and git is content")
  func sparse() throws {
    let fixture = try RunFixture()
    try fixture.repository.commit("docs/a", "a\n")
    let run = try fixture.run(order(WorkspaceRule(sparse: ["web"]), "ls -R; git status --short"))
    #expect(try run.log(1) == ".:\na.txt\nweb\n\n./web:\nindex.html\n")
  }

  @Test("what is ignored stays for the next run where the rule says so")
  func ignoredKept() throws {
    let fixture = try RunFixture()
    try fixture.repository.commit(".gitignore", "kept/\n")
    let rule = WorkspaceRule(clean: .ignoredKept)
    _ = try fixture.run(order(rule, "mkdir kept gone; echo 1 > kept/a; echo 2 > gone/a"))
    let run = try fixture.run(order(rule, "ls"))
    #expect(try run.log(1) == "a.txt\nkept\nweb\n")
    #expect(
      try fixture.run(order(WorkspaceRule(clean: WorkspaceRule.Clean.none), "ls; touch gone")).log(1)
        == "a.txt\nkept\nweb\n")
    #expect(try fixture.run(order(WorkspaceRule(), "ls")).log(1) == "a.txt\nweb\n")
  }

  private static let hasLargeFiles = (try? run(["git-lfs", "version"]).status) == 0

  /// A repository with a large file, behind a server that asks for a password and has the file.
  private func largeFiles(_ fixture: RunFixture, _ server: GitHTTPServer, root: TemporaryDirectory) throws -> [UInt8] {
    let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) }
    let repository = fixture.repository
    try repository.write(".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n")
    try repository.git("config", "filter.lfs.clean", "git-lfs clean -- %f")
    try repository.git("config", "filter.lfs.smudge", "git-lfs smudge -- %f")
    try repository.git("config", "lfs.url", server.url("shop.git").replacing("//", with: "//x:letmein@") + "/info/lfs")
    try repository.write("web/logo.bin", Data(bytes))
    try repository.commit("a large file")
    try repository.git("lfs", "push", "--all", server.url("shop.git").replacing("//", with: "//x:letmein@"))
    try GitRepository.git(["clone", "-q", "--bare", repository.path, root.file("shop.git")], in: nil)
    return bytes
  }

  @Test(
    "large files are fetched with the repository's credential, once, and are whole",
    .enabled(if: hasLargeFiles, "git-lfs is not installed here"))
  func lfs() throws {
    let fixture = try RunFixture()
    let root = try TemporaryDirectory("lfs")
    let server = try GitHTTPServer(root: root.path, .serve(password: "letmein"))
    let bytes = try largeFiles(fixture, server, root: root)
    let sum = try runChecked(["sha256sum"], input: bytes).prefix(64)
    func runs(_ rule: WorkspaceRule, credential: Bool = true) throws -> RunRecordRead {
      var order = order(rule, "sha256sum < web/logo.bin; git status --short; wc -c < web/logo.bin")
      let address = try RepositoryURL(server.url("shop.git"))
      order.change = {
        $0.request.pipeline.workspace = rule
        $0.request.pipeline.repository = address
        $0.mirror = fixture.area.mirror(of: address)
        $0.allowedSchemes = [.http]
      }
      let credentials = [
        RepositoryCredential(
          pattern: "http://127.0.0.1:\(server.port)/*", access: .password(user: "me", password: "letmein"))
      ]
      let directory = try fixture.directory(for: order)
      let runner = try RunningRunner(
        Handover(directory: directory.path, secrets: [:], credentials: credentials), directory: directory,
        fixture: fixture)
      #expect(runner.waitForExit() == 0)
      return try RunRecordRead(runner)
    }
    let pointer = try runs(WorkspaceRule())
    #expect(try pointer.log(0).contains("`workspace: {lfs: true}` fetches them"))
    #expect(try !pointer.log(1).contains(sum))
    let whole = try runs(WorkspaceRule(lfs: true))
    #expect(whole.end?.runState == .succeeded)
    #expect(try whole.log(1) == "\(sum)  -\n300000\n")
    #expect(try !whole.log(0).contains("letmein"))
    func downloads() -> Int {
      server.requests.filter { $0.hasPrefix("GET") && $0.contains("/stored/") && !$0.hasSuffix(" -") }.count
    }
    #expect(downloads() == 1)
    #expect(try runs(WorkspaceRule(lfs: true)).log(1) == "\(sum)  -\n300000\n")
    #expect(downloads() == 1)
    // What is left out stays so.
    let sparse = try runs(WorkspaceRule(lfs: true, sparse: ["docs"]))
    #expect(try sparse.log(1).contains("web/logo.bin"))
    #expect(!FileManager.default.fileExists(atPath: fixture.area.workspace(of: "shop") + "/web"))
    // Gone from the server, and from the mirror: the run fails before a step, and says why.
    try runChecked(["sh", "-c", "rm -r \(root.file("lfs")) \(fixture.folder.file("data"))/mirrors/*/lfs"])
    let failed = try runs(WorkspaceRule(lfs: true))
    #expect(failed.end?.runState == .failed)
    #expect(failed.end?.reason?.contains("large files could not be fetched: git-lfs ended with exit 2") == true)
  }
}
