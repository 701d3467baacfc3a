import Foundation
import Git
import Testing
import TestSupport

@Suite("A workspace")
struct WorkspaceTests {
  @Test("is byte for byte what git checks out: a thousand files, odd names, links, line ends, nested submodules")
  func equalsGit() throws {
    let sample = try SampleRepository()
    let tip = try sample.main.git("rev-parse", "HEAD")
    let fixture = try Fixture()
    let report = try fixture.deploy(sample.main.url)
    #expect(report.submodules == 2)
    #expect(report.files > 1200)
    let clone = try sample.checkedOutByGit(tip)
    let (ours, theirs) = (try picture(of: fixture.workspace.path), try picture(of: clone.file("clone")))
    #expect(ours.subtracting(theirs) == [])
    #expect(theirs.subtracting(ours) == [])
    // git itself finds nothing to say about it.
    #expect(try GitRepository.git(["status", "--porcelain", "--ignored"], in: fixture.workspace.path) == "")
    #expect(try GitRepository.git(["rev-parse", "HEAD"], in: fixture.workspace.path) == tip)
    let status = try GitRepository.git(["submodule", "status", "--recursive"], in: fixture.workspace.path)
    #expect(status.split(separator: "\n").count == 2 && !status.contains("-") && !status.contains("+"), "\(status)")
    try GitRepository.git(["fsck", "--no-dangling"], in: fixture.workspace.path)

    // A second checkout has nothing to do.
    let again = try fixture.deploy(sample.main.url)
    #expect(again.removed == 0)
    #expect(try picture(of: fixture.workspace.path) == theirs)
  }

  @Test("follows the repository from commit to commit, back and forth, and stays equal to git")
  func followsCommits() throws {
    let sample = try SampleRepository(files: 60)
    let origin = sample.main
    var commits = [try origin.git("rev-parse", "HEAD")]
    try origin.git("mv", "src", "moved")
    try origin.git("rm", "--quiet", "--cached", "run.sh")
    try origin.write("run.sh", "#!/bin/sh\n")
    commits.append(try origin.commit("move"))
    // A file becomes a folder, a folder a file, a link a file; the submodule goes; attributes change.
    try origin.git("rm", "--quiet", "-r", "-f", "empty", "odd/a", "dangling", "vendor/lib")
    try origin.write("empty/now/a", "folder")
    try origin.write("odd/a", "file")
    try origin.write("dangling", "no link any more")
    try origin.write(".gitattributes", "*.bat text eol=lf\n")
    commits.append(try origin.commit("change kinds"))
    let fixture = try Fixture()
    for commit in commits + commits.reversed() + [commits[0], commits[2], commits[1]] {
      try fixture.deploy(origin.url, commit)
      let clone = try sample.checkedOutByGit(commit)
      let (ours, theirs) = (try picture(of: fixture.workspace.path), try picture(of: clone.file("clone")))
      #expect(ours.subtracting(theirs) == [])
      #expect(theirs.subtracting(ours) == [])
    }
  }

  @Test("is exact again after steps left dirt of every kind")
  func cleansDirt() throws {
    let sample = try SampleRepository(files: 60)
    let fixture = try Fixture()
    let outside = try TemporaryDirectory("outside")
    try outside.write("precious/file", "keep me")
    try fixture.deploy(sample.main.url)
    let clean = try picture(of: fixture.workspace.path)
    let dirt = #"""
      echo dirty >> binary; rm run.sh; chmod 755 empty; chmod 600 start.bat; chmod 777 src; rm -r src/3
      echo staged > staged.txt; git add staged.txt; echo new > untracked; mkdir build; echo o > build/x.o; echo o > a.o
      ln -sf "$OUTSIDE/precious" link-to-folder; rm -r src/1; ln -s "$OUTSIDE/precious" src/1
      rm -rf unix; ln -s "$OUTSIDE/precious" unix; ln -s "$OUTSIDE" untracked-link
      mkdir -p locked/in; echo x > locked/in/x; chmod 000 locked/in; chmod 500 locked
      git init -q nested; (cd nested; echo n > n; git add n; git -c user.name=a -c user.email=a@b commit -qm n)
      mkfifo pipe; rm empty; mkfifo empty; rm version.id; mkdir -p version.id/x; echo y > version.id/x/y
      ln src/2/part-0/file42.txt hard; echo more >> vendor/lib/lib.c; echo new > vendor/lib/new; rm -r vendor/lib/deep/inner
      chmod 555 odd; (cd src/4; printf 'x' > 'weird
      name'); mkdir -p 'sp ace/.git'; echo z > 'sp ace/.git/config'
      i=0; while [ $i -lt 300 ]; do mkdir d && cd d; i=$((i+1)); done; echo bottom > bottom
      """#
    try runChecked(
      ["sh", "-eu", "-c", dirt], in: fixture.workspace.path,
      env: GitRepository.environment.merging(["OUTSIDE": outside.path]) { $1 })
    #expect(try picture(of: fixture.workspace.path) != clean)
    let report = try fixture.deploy(sample.main.url)
    #expect(report.removed > 5)
    let now = try picture(of: fixture.workspace.path)
    #expect(now.subtracting(clean) == [])
    #expect(clean.subtracting(now) == [])
    #expect(try outside.read("precious/file") == "keep me")
    #expect(try FileManager.default.contentsOfDirectory(atPath: outside.file("precious")) == ["file"])
    #expect(try GitRepository.git(["status", "--porcelain", "--ignored"], in: fixture.workspace.path) == "")
  }

  @Test("sees an edit of the same size within the tick in which the file was written")
  func seesRacyEdits() throws {
    let origin = try GitRepository()
    let tip = try origin.commit("a", "good")
    let fixture = try Fixture()
    try fixture.deploy(origin.url)
    let file = fixture.workspace.path + "/a"
    func edit() throws {
      let handle = try #require(FileHandle(forWritingAtPath: file))
      try handle.write(contentsOf: Data("evil".utf8))
      try handle.close()
    }
    // The file is written, the memory after it, and the edit at once: often all within one tick.
    for round in 0..<100 {
      try edit()
      try fixture.checkOut(tip)
      try edit()
      try fixture.checkOut(tip)
      #expect(try String(contentsOfFile: file, encoding: .utf8) == "good", "round \(round)")
    }
  }

  @Test("sees an edit of the same size whose time was set back")
  func seesOldTimes() throws {
    let origin = try GitRepository()
    let tip = try origin.commit("a", "good")
    let fixture = try Fixture()
    try fixture.deploy(origin.url)
    for edit in ["printf evil > a", "printf evil > b; mv b a"] {
      try runChecked(["sh", "-c", "touch -r a ../ref; \(edit); touch -r ../ref a"], in: fixture.workspace.path)
      try fixture.checkOut(tip)
      #expect(try fixture.directory.read("workspaces/shop/a") == "good")
    }
  }

  @Test("changes nothing of a file outside that a step linked into it")
  func leavesHardLinks() throws {
    let origin = try GitRepository()
    let tip = try origin.commit("a", "content")
    let fixture = try Fixture()
    try fixture.deploy(origin.url)
    let outside = fixture.directory.file("outside")
    for text in ["content", "another"] {
      try fixture.directory.write("outside", text, mode: 0o600)
      try runChecked(["ln", "-f", outside, "a"], in: fixture.workspace.path)
      try fixture.checkOut(tip)
      #expect(try fixture.directory.read("outside") == text)
      #expect(try runChecked(["stat", "-c", "%a %h", outside]) == "600 1")
      #expect(try runChecked(["stat", "-c", "%a", "a"], in: fixture.workspace.path) == "644")
      #expect(try fixture.directory.read("workspaces/shop/a") == "content")
    }
  }

  @Test("leaves the times of files alone that are already right")
  func keepsTimes() throws {
    let origin = try GitRepository()
    try origin.write("kept", "1")
    try origin.write("changed", "1")
    try origin.commit("first")
    let fixture = try Fixture()
    try fixture.deploy(origin.url)
    func times() throws -> String {
      try runChecked(["stat", "-c", "%n %i %y", "kept"], in: fixture.workspace.path)
    }
    let before = try times()
    // Touched and given new permissions, with the right bytes still: not written again.
    try runChecked(["chmod", "600", "kept"], in: fixture.workspace.path)
    try origin.commit("changed", "2")
    let report = try fixture.deploy(origin.url)
    #expect(report.written == 1)
    #expect(try times() == before)
    #expect(try runChecked(["stat", "-c", "%a", "kept"], in: fixture.workspace.path) == "644")
  }

  @Test("is not fooled by what a step put into .git")
  func rebuildsGitFolder() throws {
    let origin = try GitRepository()
    let tip = try origin.commit("a", "1\n")
    let fixture = try Fixture()
    let outside = try TemporaryDirectory("outside")
    try fixture.deploy(origin.url)
    let tricks = [
      #"""
      git config core.worktree "$OUTSIDE"; git config filter.x.smudge 'touch owned'
      echo '* filter=x eol=crlf' > .git/info/attributes; mkdir .git/hooks; echo 'touch owned' > .git/hooks/post-checkout
      """#,
      #"mv .git "$OUTSIDE/git"; ln -s "$OUTSIDE/git" .git"#,
      #"rm -rf .git; echo "gitdir: $OUTSIDE" > .git"#,
      #"rm -rf .git"#,
      #": > .git/index; : > .git/pushrod-memory; echo changed > a"#,
      #"rm .git/pushrod-memory; mkfifo .git/pushrod-memory; : > .git/HEAD"#,
      #"git update-index --assume-unchanged a; echo changed > a"#,
      #"echo changed > a; git add a; git -c user.name=a -c user.email=a@b commit -qm step; git tag step"#,
      #"chmod -R a-w .git; chmod 000 .git"#,
    ]
    for trick in tricks {
      try runChecked(
        ["sh", "-u", "-c", trick], in: fixture.workspace.path,
        env: GitRepository.environment.merging(["OUTSIDE": outside.path]) { $1 })
      try fixture.deploy(origin.url)
      #expect(try picture(of: fixture.workspace.path).count == 3, "\(trick)")
      #expect(try fixture.directory.read("workspaces/shop/a") == "1\n", "\(trick)")
      #expect(
        try GitRepository.git(["status", "--porcelain", "--ignored"], in: fixture.workspace.path) == "", "\(trick)")
      #expect(try GitRepository.git(["rev-parse", "HEAD"], in: fixture.workspace.path) == tip, "\(trick)")
      #expect(try GitRepository.git(["tag"], in: fixture.workspace.path) == "", "\(trick)")
    }
  }

  @Test("is cleaned of folders nested by the thousand, without permissions")
  func cleansDeepFolders() throws {
    let origin = try GitRepository()
    try origin.commit("a", "1")
    let fixture = try Fixture()
    try fixture.deploy(origin.url)
    let script = """
      import os
      os.chdir(\(quoted(fixture.workspace.path)))
      for level in range(3000):
          os.mkdir("d"); os.chmod(".", 0o500) if level % 500 == 499 else None; os.chdir("d")
      open("bottom", "w").close()
      """
    try runChecked(["python3", "-c", script])
    try fixture.deploy(origin.url)
    #expect(try picture(of: fixture.workspace.path).count == 3)
  }

  @Test("keeps what is under .git from growing, and leaves nothing in its neighbourhood")
  func leavesNothing() throws {
    let origin = try GitRepository()
    let fixture = try Fixture()
    for round in 0..<3 {
      try origin.commit("a", "\(round)")
      try fixture.deploy(origin.url)
    }
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: fixture.workspace.path + "/.git").sorted()
        == ["HEAD", "config", "index", "info", "objects", "pushrod-memory", "refs"])
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: fixture.directory.file("workspaces")).sorted() == [
        "shop", "shop.heads",
      ])
  }

  @Test("goes on working for git itself: log, commit, stash, worktree")
  func gitWorksInIt() throws {
    let origin = try GitRepository()
    try origin.commit("a", "1")
    let tip = try origin.commit("a", "2")
    let fixture = try Fixture()
    try fixture.deploy(origin.url)
    func git(_ words: String...) throws -> String { try GitRepository.git(words, in: fixture.workspace.path) }
    #expect(try git("log", "--format=%H").split(separator: "\n").count == 2)
    #expect(try git("remote", "get-url", "origin") == origin.url)
    try Data("3".utf8).write(to: URL(fileURLWithPath: fixture.workspace.path + "/a"))
    #expect(try git("diff", "--name-only") == "a")
    _ = try git("stash")
    _ = try git("stash", "pop")
    _ = try git("commit", "--all", "--message", "by a step")
    _ = try git("fsck", "--strict")
    try fixture.deploy(origin.url)
    #expect(try git("rev-parse", "HEAD") == tip)
    #expect(try fixture.directory.read("workspaces/shop/a") == "2")
  }

  private func quoted(_ text: String) -> String { "'\(text)'" }

  @Test("is made again where a file, a link or half a checkout is in its place")
  func replacesWhatIsThere() throws {
    let origin = try GitRepository()
    try origin.commit("a", "1")
    let fixture = try Fixture()
    let outside = try TemporaryDirectory("outside")
    try outside.write("keep", "me")
    try fixture.directory.write("workspaces/shop", "a file")
    try fixture.deploy(origin.url)
    try runChecked(
      ["sh", "-c", "rm -rf shop && ln -s '\(outside.path)' shop"], in: fixture.directory.file("workspaces"))
    try fixture.deploy(origin.url)
    #expect(try fixture.directory.read("workspaces/shop/a") == "1")
    #expect(try FileManager.default.contentsOfDirectory(atPath: outside.path) == ["keep"])
  }
}
