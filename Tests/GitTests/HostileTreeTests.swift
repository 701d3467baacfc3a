import Foundation
import Git
import Testing
import TestSupport

@Suite("A hostile commit")
struct HostileTreeTests {
  /// Checks a commit with this tree out over one that is fine, and expects that nothing changes.
  private func expectRefusal(
    says word: String, limits: TreeLimits = TreeLimits(entries: 1000, bytes: 1 << 20),
    _ make: (GitRepository, _ blob: String, _ folder: String) throws -> String
  ) throws {
    let origin = try GitRepository()
    let good = try origin.commit("good", "1")
    let blob = try origin.store("blob", Array("content".utf8))
    let folder = try origin.storeTree([("100644", "file", blob)])
    let commit = try origin.commit(tree: try make(origin, blob, folder))
    // What libgit2 or git make of it on the way must not matter: the objects go into the mirror as they are.
    let fixture = try Fixture()
    try fixture.fetchAsIs(origin)
    try fixture.checkOut(good)
    let before = try picture(of: fixture.workspace.path)
    let failure = #expect(throws: GitFailure.self) { try fixture.checkOut(commit, limits: limits) }
    #expect(failure?.kind == .hostileTree, "\(String(describing: failure))")
    #expect(failure?.description.contains(word) == true, "\(String(describing: failure))")
    #expect(failure?.description.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f } == true)
    #expect(try picture(of: fixture.workspace.path) == before)
  }

  @Test(
    "with a mode that Git does not write is refused",
    arguments: ["104755", "102755", "101755", "100777", "100600", "20000", "60000", "140000", "10000", "0", "7777777"])
  func modes(mode: String) throws {
    try expectRefusal(says: "\"evil\"") { origin, blob, _ in try origin.storeTree([(mode, "evil", blob)]) }
    try expectRefusal(says: "\"in/evil\"") { origin, blob, _ in
      try origin.storeTree([("40000", "in", try origin.storeTree([(mode, "evil", blob)]))])
    }
  }

  @Test("with a mode that Git once wrote, 100664, is checked out")
  func groupWritable() throws {
    let origin = try GitRepository()
    let blob = try origin.store("blob", Array("content".utf8))
    let commit = try origin.commit(tree: try origin.storeTree([("100664", "file", blob)]))
    let fixture = try Fixture()
    try fixture.fetchAsIs(origin)
    try fixture.checkOut(commit)
    #expect(try runChecked(["stat", "-c", "%a", "file"], in: fixture.workspace.path) == "644")
    #expect(try GitRepository.git(["status", "--porcelain"], in: fixture.workspace.path) == "")
  }

  @Test(
    "with a name that leads elsewhere is refused",
    arguments: [
      ".git", ".GIT", ".Git", "..", ".", "", "a/b", "../x", "/abs", ".git ", ".git.", ".git. .",
      ".git::$INDEX_ALLOCATION", "git~1",
      "GIT~1", ".git:stream", ".GIT::$INDEX_ALLOCATION", ".\u{200d}git", ".gi\u{206a}t", ".g\u{200c}it", "\u{feff}.git",
      ".git\\config", "a\\.git\\x", String(repeating: "n", count: 256),
    ])
  func names(name: String) throws {
    for mode in ["100644", "40000", "120000"] {
      try expectRefusal(says: "Nothing was written") { origin, blob, folder in
        try origin.storeTree([(mode, name, mode == "40000" ? folder : blob)])
      }
    }
  }

  @Test("whose names differ in case or in Unicode's form alone is written as the file system tells them apart")
  func folding() throws {
    let origin = try GitRepository()
    let outside = try TemporaryDirectory("outside")
    let link = try origin.store("blob", Array(outside.path.utf8))
    let blob = try origin.store("blob", Array("content".utf8))
    let folder = try origin.storeTree([("100644", "file", blob)])
    let commit = try origin.commit(
      tree: try origin.storeTree([
        ("120000", "A", link), ("40000", "a", folder), ("100644", "e\u{301}", blob), ("120000", "\u{e9}", link),
      ]))
    let fixture = try Fixture()
    try fixture.fetchAsIs(origin)
    for _ in 0..<2 {
      try fixture.checkOut(commit)
      #expect(try FileManager.default.contentsOfDirectory(atPath: fixture.workspace.path).count == 5)
      #expect(try fixture.directory.read("workspaces/shop/a/file") == "content")
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: outside.path) == [])
  }

  @Test("with a link and a folder of one name is refused")
  func twice() throws {
    try expectRefusal(says: "twice") { origin, _, folder in
      let link = try origin.store("blob", Array("/tmp".utf8))
      return try origin.storeTree([("120000", "a", link), ("40000", "a", folder)])
    }
    try expectRefusal(says: "twice") { origin, blob, folder in
      let link = try origin.store("blob", Array("/tmp".utf8))
      return try origin.storeTree([("120000", "a", link), ("100644", "a.b", blob), ("40000", "a", folder)])
    }
    try expectRefusal(says: "twice") { origin, blob, folder in
      let link = try origin.store("blob", Array("/tmp".utf8))
      return try origin.storeTree([("40000", "a", folder), ("100644", "b", blob), ("120000", "a", link)])
    }
    try expectRefusal(says: "twice") { origin, blob, _ in
      try origin.storeTree([("100644", "a", blob), ("100644", "a", blob)])
    }
  }

  @Test("with too many entries, too many bytes, or folders too deep is refused")
  func limits() throws {
    try expectRefusal(says: "more than 10 files", limits: TreeLimits(entries: 10, bytes: 1000)) { origin, blob, _ in
      try origin.storeTree((10..<21).map { ("100644", "f\($0)", blob) })
    }
    try expectRefusal(says: "larger than 20 bytes", limits: TreeLimits(entries: 10, bytes: 20)) { origin, blob, _ in
      try origin.storeTree((10..<13).map { ("100644", "f\($0)", blob) })
    }
    try expectRefusal(says: "too deeply") { origin, _, folder in
      try (0..<300).reduce(folder) { below, _ in try origin.storeTree([("40000", "d", below)]) }
    }
    // A few objects that stand for very many files.
    try expectRefusal(says: "more than 1000 files") { origin, _, folder in
      try (0..<8).reduce(folder) { below, _ in
        try origin.storeTree((10..<20).map { ("40000", "d\($0)", below) })
      }
    }
  }

  @Test("with a damaged tree or an object of the wrong type is refused")
  func damaged() throws {
    try expectRefusal(says: "damaged") { origin, _, _ in try origin.store("tree", Array("100644 file\0abc".utf8)) }
    try expectRefusal(says: "damaged") { origin, _, _ in try origin.store("tree", Array("no tree at all".utf8)) }
    try expectRefusal(says: "the tree says") { origin, _, folder in try origin.storeTree([("100644", "file", folder)]) }
    try expectRefusal(says: "the tree says") { origin, blob, _ in try origin.storeTree([("40000", "folder", blob)]) }
  }

  @Test("with .gitmodules as a link is refused")
  func linkedModules() throws {
    try expectRefusal(says: ".gitmodules") { origin, _, _ in
      try origin.storeTree([("120000", ".gitmodules", try origin.store("blob", Array("/etc/passwd".utf8)))])
    }
  }

  @Test("never has anything written through its links")
  func throughLinks() throws {
    let origin = try GitRepository()
    let outside = try TemporaryDirectory("outside")
    try outside.write("target/file", "keep me")
    try FileManager.default.createSymbolicLink(
      atPath: "\(origin.path)/dir", withDestinationPath: outside.file("target"))
    let linked = try origin.commit("a link")
    try origin.git("rm", "--quiet", "dir")
    try origin.write("dir/file", "not there")
    let folder = try origin.commit("a folder")
    let fixture = try Fixture()
    for commit in [linked, folder, linked, folder] {
      try fixture.deploy(origin.url, commit)
      #expect(try outside.read("target/file") == "keep me")
    }
    #expect(try fixture.directory.read("workspaces/shop/dir/file") == "not there")
  }
}

extension Fixture {
  /// Puts the objects of a repository into the mirror as they are, which a server might do as well.
  func fetchAsIs(_ origin: GitRepository) throws {
    try runChecked(["mkdir", "-p", directory.file("mirrors")])
    try runChecked(["cp", "-r", "\(origin.path)/.git", mirror.path])
  }
}
