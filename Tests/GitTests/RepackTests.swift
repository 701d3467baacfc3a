import Foundation
import Git
import Synchronization
import TestSupport
import Testing

/// Set once, seen by all threads.
private final class Flag: Sendable {
  private let value = Mutex(false)

  var isSet: Bool { value.withLock { $0 } }

  func set() { value.withLock { $0 = true } }
}

@Suite("A repacked mirror")
struct RepackTests {
  /// A mirror with one pack for each of so many commits.
  private func mirror(of origin: GitRepository, fetches: Int, in fixture: Fixture) throws -> [String] {
    try (0..<fetches).map { index in
      let commit = try origin.commit("file\(index % 7)", String(repeating: "line \(index)\n", count: 40))
      #expect(try fixture.fetch(origin.url) == commit)
      return commit
    }
  }

  private func repack(_ fixture: Fixture, workspaces: [String]? = nil, oldest: Int = 0) throws -> RepackOutcome {
    try fixture.mirror.repack(
      in: fixture.directory.file("mirrors"), workspaces: workspaces ?? [fixture.workspace.path], oldest: oldest)
  }

  /// The same until nobody is in the way: a process that another test starts just now holds every lock of this one until it
  /// has become a program of its own.
  private func repacked(_ fixture: Fixture, workspaces: [String]? = nil, oldest: Int = 0) throws -> RepackOutcome {
    let end = ContinuousClock.now + .seconds(60)
    while true {
      let outcome = try repack(fixture, workspaces: workspaces, oldest: oldest)
      guard outcome == .busy, ContinuousClock.now < end else { return outcome }
      usleep(20_000)
    }
  }

  private func fsck(_ fixture: Fixture) throws -> String {
    try GitRepository.git(["fsck", "--strict", "--full", "--no-dangling"], in: fixture.mirror.path)
  }

  private func files(_ fixture: Fixture) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: fixture.mirror.path + "/objects/pack").sorted()
  }

  @Test("of sixty fetches has one pack, gives every commit, and is fetched into again")
  func sixty() throws {
    let origin = try GitRepository()
    let fixture = try Fixture()
    let commits = try mirror(of: origin, fetches: 60, in: fixture)
    try fixture.checkOut(commits[30])
    guard case .done(let before, let after, 0) = try repacked(fixture) else { throw CommandFailure("not repacked") }
    #expect(before.packs == 60)
    #expect(after.packs == 1)
    #expect(after.bytes < before.bytes)
    #expect(try files(fixture).map { ($0 as NSString).pathExtension } == ["idx", "pack"])
    #expect(try fsck(fixture) == "")
    #expect(!FileManager.default.fileExists(atPath: fixture.mirror.path + "/repack"))
    for commit in commits {
      #expect(try fixture.mirror.prove(commit: commit, reachableFrom: "refs/heads/main") == commit)
      try fixture.checkOut(commit)
      #expect(try GitRepository.git(["rev-parse", "HEAD"], in: fixture.workspace.path) == commit)
      #expect(try GitRepository.git(["status", "--porcelain"], in: fixture.workspace.path) == "")
    }
    let next = try origin.commit("after", "1")
    #expect(try fixture.fetch(origin.url) == next)
    #expect(fixture.mirror.packCount.packs == 2)
    try fixture.checkOut(next)
    #expect(try fsck(fixture) == "")
  }

  @Test("keeps what a workspace has checked out although no ref names it, tags too, and drops what nobody needs")
  func keeps() throws {
    let origin = try GitRepository()
    let fixture = try Fixture()
    let base = try origin.commit("a", "1")
    let checkedOut = try origin.commit("a", "2")
    try origin.git("tag", "--annotate", "--message", "v1", "v1")
    _ = try fixture.fetch(origin.url)
    _ = try fixture.fetch(origin.url, ref: "refs/tags/v1")
    try fixture.checkOut(checkedOut)
    try origin.git("tag", "--delete", "v1")
    try origin.git("reset", "--quiet", "--hard", base)
    let dropped = try origin.commit("a", String(repeating: "dropped\n", count: 1000))
    _ = try fixture.fetch(origin.url)
    try origin.git("reset", "--quiet", "--hard", base)
    let tip = try origin.commit("a", "4")
    _ = try fixture.fetch(origin.url)
    // The branch is fetched all the time, the tag never again.
    try runChecked(["touch", "--date=@1000", "\(fixture.mirror.path)/refs/tags/v1"])

    guard case .done(_, let after, 1) = try repacked(fixture, oldest: 2000) else {
      throw CommandFailure("not repacked")
    }
    #expect(after.packs == 1)
    #expect(
      try GitRepository.git(["for-each-ref", "--format=%(refname)"], in: fixture.mirror.path) == "refs/heads/main")
    func has(_ id: String) throws -> Bool {
      try run(["git", "cat-file", "-e", id], in: fixture.mirror.path).status == 0
    }
    #expect(try has(tip))
    #expect(try has(checkedOut))
    #expect(try !has(dropped))
    #expect(try GitRepository.git(["log", "--format=%H"], in: fixture.workspace.path) == "\(checkedOut)\n\(base)")
    #expect(try GitRepository.git(["status", "--porcelain"], in: fixture.workspace.path) == "")
    // Once the workspace is gone, so is what it kept.
    guard case .done = try repacked(fixture, workspaces: []) else { throw CommandFailure("not repacked") }
    #expect(try !has(checkedOut))
    // What was dropped can be had again, whole.
    try origin.git("reset", "--quiet", "--hard", dropped)
    #expect(try fixture.fetch(origin.url) == dropped)
    try fixture.checkOut(dropped)
    #expect(try fsck(fixture) == "")
  }

  @Test("is left alone while somebody fetches into it or reads it, and by whoever finds it changed")
  func busy() throws {
    let origin = try GitRepository()
    let fixture = try Fixture()
    let commits = try mirror(of: origin, fetches: 3, in: fixture)
    let folder = fixture.directory.file("mirrors")
    let use = try MirrorUse.begin(in: folder, deadline: .now + .seconds(5))
    #expect(try repack(fixture) == .busy)
    // Readers do not exclude each other.
    try MirrorUse.begin(in: folder, deadline: .now).release()
    use.release()
    #expect(fixture.mirror.packCount.packs == 3)
    let holder = try ServerProcess(
      ["flock", "\(fixture.mirror.path).lock", "sleep", "100"], output: fixture.directory.file("flock.log"))
    while try run(["flock", "--nonblock", "\(fixture.mirror.path).lock", "true"]).status == 0 { usleep(5_000) }
    #expect(try repack(fixture) == .busy)
    holder.stop()
    // What the holder had started dies a moment later.
    guard case .done = try repacked(fixture) else { throw CommandFailure("not repacked") }
    #expect(fixture.mirror.packCount.packs == 1)
    try fixture.checkOut(commits[1])
  }

  @Test("and one that is being fetched into at the same time lose nothing")
  func sideBySide() throws {
    let origin = try GitRepository()
    let fixture = try Fixture()
    var commits = try mirror(of: origin, fetches: 2, in: fixture)
    let (mirror, folder, workspace) = (fixture.mirror, fixture.directory.file("mirrors"), fixture.workspace.path)
    let isOver = Flag()
    let ended = Flag()
    Thread.detachNewThread {
      while !isOver.isSet { _ = try? mirror.repack(in: folder, workspaces: [workspace], oldest: 0) }
      ended.set()
    }
    for round in 0..<30 {
      // Away from what was fetched, and back to it: its objects are here, and named by nothing meanwhile.
      let last = try #require(commits.last)
      let commit = try origin.commit("file", "round \(round)")
      #expect(try fixture.fetch(origin.url) == commit)
      try origin.git("reset", "--quiet", "--hard", last)
      #expect(try fixture.fetch(origin.url) == last)
      try origin.git("reset", "--quiet", "--hard", commit)
      #expect(try fixture.fetch(origin.url) == commit)
      let use = try MirrorUse.begin(in: folder, deadline: .now + .seconds(30))
      try fixture.checkOut(commit)
      use.release()
      commits.append(commit)
    }
    isOver.set()
    while !ended.isSet { usleep(5_000) }
    #expect(try fsck(fixture) == "")
    for commit in commits {
      #expect(try fixture.mirror.prove(commit: commit, reachableFrom: "refs/heads/main") == commit)
    }
  }

  @Test("with an object missing is refused, and stays as it was")
  func broken() throws {
    let origin = try GitRepository()
    let fixture = try Fixture()
    _ = try mirror(of: origin, fetches: 5, in: fixture)
    let oldest = try #require(
      try files(fixture).filter { $0.hasSuffix(".pack") }.min {
        try modified($0, fixture) < modified($1, fixture)
      })
    for ending in ["pack", "idx"] {
      try FileManager.default.removeItem(
        atPath: "\(fixture.mirror.path)/objects/pack/\((oldest as NSString).deletingPathExtension).\(ending)")
    }
    let before = try files(fixture)
    #expect(throws: GitFailure.self) { try repack(fixture) }
    #expect(try files(fixture) == before)
    #expect(!FileManager.default.fileExists(atPath: fixture.mirror.path + "/repack"))
  }

  private func modified(_ name: String, _ fixture: Fixture) throws -> Double {
    try Double(runChecked(["stat", "-c", "%.9Y", "\(fixture.mirror.path)/objects/pack/\(name)"])) ?? 0
  }

  @Test("does not disturb a git that works in a workspace meanwhile")
  func concurrentReader() throws {
    let origin = try GitRepository()
    let fixture = try Fixture()
    let commits = try mirror(of: origin, fetches: 25, in: fixture)
    try fixture.checkOut(try #require(commits.last))
    let log = fixture.directory.file("reader.log")
    // `git fsck` opens the packs once and for all, and fails where they change meanwhile, also by `git repack`.
    let reader = try ServerProcess(
      [
        "sh", "-c",
        """
        while :; do
          git log --stat >/dev/null || echo failed
          git fsck >/dev/null 2>&1 || git fsck >/dev/null || echo failed
          echo round
        done
        """,
      ], in: fixture.workspace.path, env: GitRepository.environment, output: log)
    func rounds() -> Int { reader.log.split(separator: "\n").count { $0 == "round" } }
    for round in 0..<4 {
      let seen = rounds()
      while rounds() == seen { usleep(5_000) }
      guard case .done = try repacked(fixture) else { throw CommandFailure("not repacked") }
      _ = try origin.commit("more", "\(round)")
      _ = try fixture.fetch(origin.url)
    }
    let seen = rounds()
    while rounds() < seen + 2 { usleep(5_000) }
    reader.stop()
    #expect(!reader.log.contains("failed"), "\(reader.log)")
  }

  @Test("that is used no longer is removed, unless a workspace needs it; links in a workspace are not followed")
  func removal() throws {
    let origin = try GitRepository()
    let fixture = try Fixture()
    let commits = try mirror(of: origin, fetches: 2, in: fixture)
    try fixture.checkOut(commits[0])
    let folder = fixture.directory.file("mirrors")
    func remove(workspaces: [String]) throws -> Bool {
      try fixture.mirror.removeUnused(in: folder, workspaces: workspaces, oldest: Int.max)
    }
    #expect(fixture.mirror.lastUse > 1_000_000_000)
    #expect(try fixture.mirror.removeUnused(in: folder, workspaces: [], oldest: fixture.mirror.lastUse) == false)
    #expect(try !remove(workspaces: [fixture.workspace.path]))
    let outside = try TemporaryDirectory("outside")
    try outside.write("file", "keep me")
    try FileManager.default.createSymbolicLink(
      atPath: "\(fixture.workspace.path)/link", withDestinationPath: outside.path)
    try fixture.workspace.remove()
    #expect(!FileManager.default.fileExists(atPath: fixture.workspace.path))
    #expect(try outside.read("file") == "keep me")
    #expect(try remove(workspaces: [fixture.workspace.path]))
    #expect(!FileManager.default.fileExists(atPath: fixture.mirror.path))
    #expect(try fixture.fetch(origin.url) == commits[1])
  }
}
