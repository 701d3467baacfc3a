import Foundation
import Git
import TestSupport
import Testing

@Suite("What differs between two commits")
struct ChangesTests {
  private func changes(_ fixture: Fixture, _ old: String, _ new: String) throws -> [String] {
    var paths: [String] = []
    try fixture.mirror.changes(from: old, to: new) { path in
      paths.append(path)
      return true
    }
    return paths
  }

  @Test("it is what git diff says: files that came, went, changed, turned into links and folders, and odd names")
  func likeGit() throws {
    let origin = try GitRepository()
    for path in ["a", "b", "dir/x", "dir/deep/y", "link", "was-file", "was-dir/z", "mode", "same"] {
      try origin.write(path, path)
    }
    let old = try origin.commit("Old")
    try origin.git("rm", "-rq", "b", "was-file", "was-dir", "link")
    try origin.write("was-file/now-dir", "1")
    try origin.write("was-dir", "1")
    try origin.write("dir/deep/y", "changed")
    try origin.write("new/file with blank", "1")
    try origin.write("new/ümlaut\n", "1")
    try FileManager.default.createSymbolicLink(atPath: origin.path + "/link", withDestinationPath: "a")
    try runChecked(["chmod", "+x", origin.path + "/mode"])
    let new = try origin.commit("New")
    let fixture = try Fixture()
    _ = try fixture.fetch(origin.url)

    for (from, to) in [(old, new), (new, old), (old, old)] {
      let expected = try run(["git", "diff", "--name-only", "--no-renames", "-z", from, to], in: origin.path).stdout
        .split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
      #expect(Set(try changes(fixture, from, to)) == Set(expected), "\(from) \(to)")
      #expect(try changes(fixture, from, to).count == expected.count)
    }
  }

  @Test("whoever has seen enough gets no more")
  func enough() throws {
    let origin = try GitRepository()
    let old = try origin.commit("a", "1")
    for number in 0..<50 { try origin.write("many/\(number)", "1") }
    let new = try origin.commit("Many")
    let fixture = try Fixture()
    _ = try fixture.fetch(origin.url)
    var count = 0
    try fixture.mirror.changes(from: old, to: new) { _ in
      count += 1
      return count < 7
    }
    #expect(count == 7)
    #expect(throws: GitFailure.self) {
      try fixture.mirror.changes(from: old, to: String(repeating: "ab", count: 20)) { _ in true }
    }
  }

  @Test("two commits are in line, part at one, or have nothing in common")
  func relations() throws {
    let origin = try GitRepository()
    let first = try origin.commit("a", "1")
    let second = try origin.commit("a", "2")
    try origin.git("checkout", "--quiet", "-b", "side", first)
    let side = try origin.commit("b", "1")
    try origin.git("checkout", "--quiet", "--orphan", "other")
    let other = try origin.commit("c", "1")
    let fixture = try Fixture()
    for branch in ["main", "side", "other"] { _ = try fixture.fetch(origin.url, ref: "refs/heads/\(branch)") }

    #expect(try fixture.mirror.relation(of: first, and: second) == .line)
    #expect(try fixture.mirror.relation(of: second, and: first) == .line)
    #expect(try fixture.mirror.relation(of: second, and: second) == .line)
    #expect(try fixture.mirror.relation(of: second, and: side) == .parted(at: first))
    #expect(try fixture.mirror.relation(of: second, and: other) == .unrelated)
    #expect(try fixture.mirror.known(side) == side)
    #expect(try fixture.mirror.known(String(repeating: "ab", count: 20)) == nil)
    #expect(try fixture.mirror.known("main") == nil)
  }
}
