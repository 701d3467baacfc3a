import Foundation
import Git
import TestSupport
import Testing

/// `workspace`: sparse checkouts, what stays of earlier runs, and no submodules. git itself is the judge.
@Suite("A checkout by a rule")
struct CheckoutRuleTests {
  private func origin() throws -> GitRepository {
    let origin = try GitRepository()
    for path in [
      "README", "web/index.html", "web/js/a.js", "docs/a.md", "docs/deep/er/b.md", "other/x", "other/y/z", "a/top",
      "a/b/c/in", "a/b/beside", "a/d/out", "webs/none", "we[i]rd/x",
    ] {
      try origin.write(path, "content of \(path)\n")
    }
    try origin.commit("first")
    return origin
  }

  private func sparseClone(_ origin: GitRepository, _ commit: String, _ folders: [String]) throws -> TemporaryDirectory
  {
    let clone = try TemporaryDirectory("clone")
    try GitRepository.git(["clone", "-q", "--no-checkout", origin.path, clone.file("c")], in: nil)
    try GitRepository.git(["sparse-checkout", "set", "--cone"] + folders, in: clone.file("c"))
    try GitRepository.git(["checkout", "-q", commit], in: clone.file("c"))
    return clone
  }

  private func expectLikeGit(
    _ fixture: Fixture, _ origin: GitRepository, _ commit: String, _ folders: [String],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let clone = try sparseClone(origin, commit, folders)
    let (ours, theirs) = (try picture(of: fixture.workspace.path), try picture(of: clone.file("c")))
    #expect(ours.subtracting(theirs) == [], sourceLocation: sourceLocation)
    #expect(theirs.subtracting(ours) == [], sourceLocation: sourceLocation)
    func git(_ words: String...) throws -> String { try GitRepository.git(words, in: fixture.workspace.path) }
    #expect(try git("status", "--porcelain", "--ignored") == "", sourceLocation: sourceLocation)
    #expect(
      try git("ls-files", "-t") == GitRepository.git(["ls-files", "-t"], in: clone.file("c")),
      sourceLocation: sourceLocation)
    #expect(try git("write-tree") == git("rev-parse", "HEAD^{tree}"), sourceLocation: sourceLocation)
    #expect(
      try git("sparse-checkout", "list") == GitRepository.git(["sparse-checkout", "list"], in: clone.file("c")),
      sourceLocation: sourceLocation)
    _ = try git("fsck", "--no-dangling")
  }

  @Test(
    "sparse: only the folders are there, git finds the rest skipped, and from commit to commit it stays so",
    arguments: [["web"], ["docs", "web"], ["a/b/c"], ["a/b", "a/b/c", "web/js"], ["nowhere"]])
  func sparse(folders: [String]) throws {
    let origin = try origin()
    var commits = [try origin.git("rev-parse", "HEAD")]
    try origin.write("web/js/b.js", "new")
    try origin.write("other/y/z", "changed")
    try origin.write("a/d/more", "new")
    commits.append(try origin.commit("second"))
    try origin.git("rm", "-q", "-r", "web/js", "docs", "other/x")
    try origin.write("docs", "a file now")
    commits.append(try origin.commit("third"))
    let fixture = try Fixture()
    let rule = CheckoutRule(sparse: SparseFolders(folders))
    for commit in commits + commits.reversed() + [commits[0], commits[2]] {
      try fixture.deploy(origin.url, commit, rule: rule)
      try expectLikeGit(fixture, origin, commit, folders)
      // A step's dirt, also where nothing should be.
      try runChecked(
        ["sh", "-c", "mkdir -p other web a/b/c; echo x > other/dirt; echo y > web/dirt; echo z >> README; rm -rf a"],
        in: fixture.workspace.path)
    }
  }

  @Test("a rule that changes is followed, there and back")
  func changes() throws {
    let origin = try origin()
    let tip = try origin.git("rev-parse", "HEAD")
    let fixture = try Fixture()
    func whole() throws {
      try fixture.deploy(origin.url, tip)
      let clone = try TemporaryDirectory("clone")
      try GitRepository.git(["clone", "-q", origin.path, clone.file("c")], in: nil)
      #expect(try picture(of: fixture.workspace.path) == picture(of: clone.file("c")))
      #expect(try GitRepository.git(["status", "--porcelain", "--ignored"], in: fixture.workspace.path) == "")
    }
    for folders in [["web"], ["docs"], ["a/b"]] {
      try whole()
      let report = try fixture.deploy(origin.url, tip, rule: CheckoutRule(sparse: SparseFolders(folders)))
      #expect(report.removed > 0)
      try expectLikeGit(fixture, origin, tip, folders)
    }
    try whole()
    // What stayed under another rule goes when the usual one counts again, also out of folders that did not change.
    try fixture.deploy(origin.url, tip, rule: CheckoutRule(clean: .none))
    try runChecked(["sh", "-c", "echo x > web/js/built; mkdir out; echo y > out/x"], in: fixture.workspace.path)
    try fixture.deploy(origin.url, tip, rule: CheckoutRule(clean: .none))
    #expect(try fixture.directory.read("workspaces/shop/web/js/built") == "x\n")
    try whole()
  }

  @Test("ignored-kept: what git clean leaves stays, what it takes goes")
  func ignoredKept() throws {
    let origin = try origin()
    try origin.write(".gitignore", "node_modules/\n*.o\n/build\n!keep.o\n")
    try origin.write("web/.gitignore", "cache\n")
    let tip = try origin.commit("ignores")
    let fixture = try Fixture()
    let rule = CheckoutRule(clean: .ignoredKept)
    try fixture.deploy(origin.url, tip, rule: rule)
    let dirt = #"""
      mkdir -p node_modules/x web/cache/deep build untracked/node_modules/y untracked/more docs/cache empty
      echo 1 > node_modules/x/i; echo 2 > a.o; echo 3 > keep.o; echo 4 > build/out; echo 5 > web/cache/deep/z
      echo 6 > untracked/plain; echo 7 > untracked/b.o; echo 8 > untracked/node_modules/y/j; echo 9 > docs/cache/q
      echo a > web/b.o; echo b > web/c.o; echo c > README; ln -s /etc linked; ln -s /etc web/cache/linked; ln -s /etc link.o
      mkdir nested && git init -q nested && echo n > nested/n
      """#
    try runChecked(["sh", "-eu", "-c", dirt], in: fixture.workspace.path, env: GitRepository.environment)
    // git's own word on a copy: -ff takes nested repositories too.
    let copy = try TemporaryDirectory("copy")
    try runChecked(["cp", "-a", fixture.workspace.path, copy.file("c")])
    try GitRepository.git(["clean", "-ffdq"], in: copy.file("c"))
    try GitRepository.git(["checkout", "-q", "--", "."], in: copy.file("c"))
    try fixture.deploy(origin.url, tip, rule: rule)
    let (ours, theirs) = (try picture(of: fixture.workspace.path), try picture(of: copy.file("c")))
    #expect(ours.subtracting(theirs) == [])
    #expect(theirs.subtracting(ours) == [])
    #expect(try fixture.directory.read("workspaces/shop/untracked/node_modules/y/j") == "8\n")
    #expect(!FileManager.default.fileExists(atPath: fixture.directory.file("workspaces/shop/untracked/plain")))

    // The next commit ignores less, and has a file where an ignored folder lies.
    try origin.write(".gitignore", "*.o\n")
    try origin.git("add", "--all")
    try origin.write("build", "a file now")
    let next = try origin.commit("ignores less")
    try fixture.deploy(origin.url, next, rule: rule)
    #expect(!FileManager.default.fileExists(atPath: fixture.directory.file("workspaces/shop/node_modules")))
    #expect(try fixture.directory.read("workspaces/shop/build") == "a file now")
    #expect(try fixture.directory.read("workspaces/shop/a.o") == "2\n")
  }

  @Test("none: what the commit does not have stays, and what it has is right")
  func none() throws {
    let origin = try origin()
    let tip = try origin.git("rev-parse", "HEAD")
    let fixture = try Fixture()
    let rule = CheckoutRule(clean: .none)
    try fixture.deploy(origin.url, tip, rule: rule)
    try runChecked(
      ["sh", "-c", "echo x > built; mkdir -p web/js/out; echo y > web/js/out/o; echo bad > README; rm web/js/a.js"],
      in: fixture.workspace.path)
    try origin.git("rm", "-q", "other/x")
    let next = try origin.commit("without x")
    try fixture.deploy(origin.url, next, rule: rule)
    #expect(try fixture.directory.read("workspaces/shop/built") == "x\n")
    #expect(try fixture.directory.read("workspaces/shop/web/js/out/o") == "y\n")
    #expect(try fixture.directory.read("workspaces/shop/README") == "content of README\n")
    #expect(try fixture.directory.read("workspaces/shop/web/js/a.js") == "content of web/js/a.js\n")
  }

  @Test("without submodules none is fetched, and their folders are empty")
  func submodules() throws {
    let sample = try SampleRepository(files: 20)
    let tip = try sample.main.git("rev-parse", "HEAD")
    let fixture = try Fixture()
    #expect(try fixture.deploy(sample.main.url, tip, rule: CheckoutRule(submodules: false)).submodules == 0)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: fixture.directory.file("workspaces/shop/vendor/lib")) == [])
    #expect(!fixture.messages.contains { $0.contains("submodule") })
    #expect(try GitRepository.git(["status", "--porcelain"], in: fixture.workspace.path) == "")
    // Nor where they lie in a folder that is left out.
    let outside = CheckoutRule(sparse: SparseFolders(["src"]))
    #expect(try fixture.deploy(sample.main.url, tip, rule: outside).submodules == 0)
    #expect(!FileManager.default.fileExists(atPath: fixture.directory.file("workspaces/shop/vendor")))
    #expect(try fixture.deploy(sample.main.url, tip).submodules == 2)
  }

  @Test("files in Git LFS are noticed by the attributes of the commit")
  func largeFiles() throws {
    let origin = try origin()
    let fixture = try Fixture()
    #expect(try !fixture.deploy(origin.url).usesLargeFiles)
    try origin.write("web/.gitattributes", "# *.bin filter=lfs\n*.bin filter=lfsx\n")
    try origin.commit("none yet")
    #expect(try !fixture.deploy(origin.url).usesLargeFiles)
    try origin.write("web/.gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n")
    try origin.commit("now")
    #expect(try fixture.deploy(origin.url).usesLargeFiles)
  }
}
