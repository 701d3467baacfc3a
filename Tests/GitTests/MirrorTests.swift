import Foundation
import Git
import Testing
import TestSupport

@Suite("A mirror")
struct MirrorTests {
  @Test("fetches the tip of a branch over file:// and proves it and its ancestors")
  func fetchesOverFile() throws {
    let origin = try GitRepository()
    let first = try origin.commit("a", "1")
    let second = try origin.commit("a", "2")
    let fixture = try Fixture()
    #expect(try fixture.fetch(origin.url) == second)
    #expect(try fixture.mirror.prove(commit: second, reachableFrom: "refs/heads/main") == second)
    #expect(try fixture.mirror.prove(commit: first, reachableFrom: "refs/heads/main") == first)
  }

  @Test("fetches over git://, with progress and the server's words")
  func fetchesOverGit() throws {
    let origin = try GitRepository()
    let tip = try origin.commit("a", "1")
    let daemon = try GitDaemon(root: origin.path)
    let fixture = try Fixture()
    var last: TransferProgress?
    #expect(
      try fixture.mirror.fetch(
        url: daemon.url(".git"), ref: "refs/heads/main", policy: .everything(), progress: { last = $0 },
        message: { _ in }) == tip)
    #expect(last?.totalObjects == 3)
    #expect(last?.receivedObjects == 3)
    #expect((last?.receivedBytes ?? 0) > 0)
    try fixture.checkOut(tip)
    #expect(try fixture.directory.read("workspaces/shop/a") == "1")
  }

  @Test("fetches nothing but the ref it is asked for, and no tags")
  func fetchesOneRef() throws {
    let origin = try GitRepository()
    try origin.commit("a", "1")
    try origin.git("tag", "v1")
    try origin.git("branch", "other")
    let fixture = try Fixture()
    _ = try fixture.fetch(origin.url)
    let refs = try GitRepository.git(["for-each-ref", "--format=%(refname)"], in: fixture.mirror.path)
    #expect(refs == "refs/heads/main")
  }

  @Test("says that a commit was removed by a forced push, and never gives another in its place")
  func forcedPush() throws {
    let origin = try GitRepository()
    let base = try origin.commit("a", "1")
    let removed = try origin.commit("a", "2")
    let fixture = try Fixture()
    _ = try fixture.fetch(origin.url)
    try origin.git("reset", "--quiet", "--hard", base)
    let new = try origin.commit("a", "3")
    // The old commit is still in the mirror, which does not make it part of the branch.
    #expect(try fixture.fetch(origin.url) == new)
    let fresh = try Fixture()
    _ = try fresh.fetch(origin.url)
    for fixture in [fixture, fresh] {
      let failure = #expect(throws: GitFailure.self) {
        try fixture.mirror.prove(commit: removed, reachableFrom: "refs/heads/main")
      }
      #expect(failure?.kind == .unreachable)
      #expect(failure?.description.contains("force-push") == true)
      #expect(failure?.description.contains(removed) == true)
    }
    for text in ["", "HEAD", "main", String(repeating: "0", count: 40), String(repeating: "f", count: 40), "\(new)\0"] {
      let failure = #expect(throws: GitFailure.self) {
        try fixture.mirror.prove(commit: text, reachableFrom: "refs/heads/main")
      }
      #expect(failure?.kind == .unreachable)
    }
    let tree = try origin.git("rev-parse", "HEAD^{tree}")
    #expect(throws: GitFailure.self) { try fixture.mirror.prove(commit: tree, reachableFrom: "refs/heads/main") }
  }

  @Test("fetches annotated and lightweight tags, and proves a tag object's id as its commit")
  func tags() throws {
    let origin = try GitRepository()
    let commit = try origin.commit("a", "1")
    try origin.git("tag", "light")
    try origin.git("tag", "-a", "-m", "a tag", "heavy")
    try origin.git("tag", "-a", "-m", "a tag of a tag", "heavier", "heavy")
    let object = try origin.git("rev-parse", "heavy")
    #expect(object != commit)
    let fixture = try Fixture()
    for name in ["light", "heavy", "heavier"] {
      #expect(try fixture.fetch(origin.url, ref: "refs/tags/\(name)") == commit)
      #expect(try fixture.mirror.prove(commit: commit, reachableFrom: "refs/tags/\(name)") == commit)
    }
    #expect(try fixture.mirror.prove(commit: object, reachableFrom: "refs/tags/heavy") == commit)
    let tips = try Mirror.tips(url: origin.url, policy: .everything())
    #expect(tips.map(\.name) == ["HEAD", "refs/heads/main", "refs/tags/heavier", "refs/tags/heavy", "refs/tags/light"])
    #expect(
      tips.first { $0.name == "refs/tags/heavy" } == RemoteTip(name: "refs/tags/heavy", id: object, peeled: commit))
    // A tag of a file is nothing to check out.
    try origin.git("tag", "file", "HEAD:a")
    let failure = #expect(throws: GitFailure.self) { try fixture.fetch(origin.url, ref: "refs/tags/file") }
    #expect(failure?.kind == .noSuchRef)
  }

  @Test("follows branches that come, go, and take each other's places")
  func branches() throws {
    let origin = try GitRepository()
    let commit = try origin.commit("a", "1")
    let fixture = try Fixture()
    for name in ["a", "a/b", "a/b/c", "a", "x/y"] {
      try origin.git("branch", name)
      #expect(try fixture.fetch(origin.url, ref: "refs/heads/\(name)") == commit)
      try origin.git("branch", "-D", name)
      let failure = #expect(throws: GitFailure.self) { try fixture.fetch(origin.url, ref: "refs/heads/\(name)") }
      #expect(failure?.kind == .noSuchRef)
      #expect(failure?.description.contains("no branch \"\(name)\"") == true)
      #expect(failure?.description.contains("It has \"main\".") == true)
    }
    let empty = try GitRepository(bare: true)
    let failure = #expect(throws: GitFailure.self) { try fixture.fetch(empty.url) }
    #expect(failure?.kind == .noSuchRef)
    #expect(failure?.description.contains("empty") == true)
  }

  @Test(
    "refuses ref names that mean more than one ref",
    arguments: [
      "main", "refs/heads/*", "refs/heads/a:refs/heads/b", "refs/heads/^a", "+refs/heads/main", "refs/heads/a b", "",
      "refs/heads/\0a",
      "refs/heads/../a",
    ])
  func refNames(ref: String) throws {
    let failure = #expect(throws: GitFailure.self) { try Fixture().fetch("file:///nowhere", ref: ref) }
    #expect(failure?.kind == .noSuchRef)
  }

  @Test(
    "refuses addresses that the configuration does not allow",
    arguments: [
      "/etc", "../x", "x", "", "file:///etc", "FILE:///etc", "file://host/etc", "git://127.0.0.1/x", "ext::sh -c id",
      "http://127.0.0.1/x",
      "https://exa mple/x", "https://example.com/\0x", "ssh://-oProxyCommand=id/x", "-oProxyCommand=id:x", "https:///x",
      "https://example.com\n/x", "ssh://host:port/x",
    ])
  func addresses(url: String) throws {
    let policy = RemotePolicy(deadline: .now + .seconds(10))
    let failure = #expect(throws: GitFailure.self) { try Fixture().fetch(url, policy: policy) }
    #expect(failure?.kind == .forbidden, "\(String(describing: failure))")
    let list = #expect(throws: GitFailure.self) { try Mirror.tips(url: url, policy: policy) }
    #expect(list?.kind == .forbidden)
  }

  @Test("shows no password of an address")
  func hidesPasswords() throws {
    let failure = #expect(throws: GitFailure.self) {
      try Fixture().fetch("http://ada:s3cret@127.0.0.1:\(Loopback.freePort())/x")
    }
    #expect("\(String(describing: failure))".contains("s3cret") == false)
  }

  @Test("says what is not there, over file:// and git://")
  func missing() throws {
    let directory = try TemporaryDirectory()
    let daemon = try GitDaemon(root: directory.path)
    for url in ["file://\(directory.path)/none.git", daemon.url("none.git")] {
      let failure = #expect(throws: GitFailure.self) { try Fixture().fetch(url) }
      #expect(failure?.kind == .notFound, "\(String(describing: failure))")
    }
  }

  @Test("is filled by several runs at once without harm")
  func parallel() async throws {
    let origin = try GitRepository()
    for index in 0..<20 { try origin.commit("a", "\(index)") }
    let tip = try origin.git("rev-parse", "HEAD")
    let fixture = try Fixture()
    let (url, mirror) = (origin.url, fixture.mirror)
    let results = await withTaskGroup(of: String?.self) { group in
      for _ in 0..<8 {
        group.addTask {
          try? mirror.fetch(
            url: url, ref: "refs/heads/main", policy: .everything(), progress: { _ in }, message: { _ in })
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(results == Array(repeating: tip, count: 8))
    try GitRepository.git(["fsck", "--strict"], in: fixture.mirror.path)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: fixture.directory.file("mirrors")).sorted() == [
        "main.git", "main.git.lock",
      ])
  }

  @Test("that is broken or half made is made anew")
  func broken() throws {
    let origin = try GitRepository()
    let tip = try origin.commit("a", "1")
    let fixture = try Fixture()
    try fixture.directory.write("mirrors/main.git/config", "half a mirror")
    #expect(try fixture.fetch(origin.url) == tip)
    #expect(fixture.messages.contains { $0.contains("made anew") })
    try Data().write(to: URL(fileURLWithPath: fixture.mirror.path + "/HEAD"))
    #expect(try fixture.fetch(origin.url) == tip)
    try fixture.checkOut(tip)
    #expect(try fixture.directory.read("workspaces/shop/a") == "1")
  }
}
