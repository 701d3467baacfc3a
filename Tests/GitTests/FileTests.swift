import Foundation
import Git
import TestSupport
import Testing

@Suite("One file of a commit")
struct FileTests {
  @Test("is read as Git keeps it, and what is no regular file is told apart")
  func reading() throws {
    let origin = try GitRepository()
    try origin.write("ci/run.yml", "steps: [make]\n")
    try origin.write("empty", "")
    try FileManager.default.createSymbolicLink(atPath: origin.path + "/link", withDestinationPath: "/etc/passwd")
    try FileManager.default.createSymbolicLink(atPath: origin.path + "/folder", withDestinationPath: "ci")
    let first = try origin.commit("First")
    let second = try origin.commit("ci/run.yml", "steps: [test]\n")
    let fixture = try Fixture()
    _ = try fixture.fetch(origin.url)
    let mirror = fixture.mirror

    #expect(try mirror.file("ci/run.yml", of: first, atMost: 100) == .bytes(Array("steps: [make]\n".utf8)))
    #expect(try mirror.file("ci/run.yml", of: second, atMost: 14) == .bytes(Array("steps: [test]\n".utf8)))
    #expect(try mirror.file("ci/run.yml", of: second, atMost: 13) == .tooLarge(bytes: 14))
    #expect(try mirror.file("empty", of: first, atMost: 100) == .bytes([]))
    #expect(try mirror.file("link", of: first, atMost: 100) == .notRegular)
    #expect(try mirror.file("ci", of: first, atMost: 100) == .notRegular)
    for path in ["none", "ci/none", "folder/run.yml", "empty/x", "../ci/run.yml", "a\0b"] {
      #expect(try mirror.file(path, of: first, atMost: 100) == .missing, "\(path)")
    }
    #expect(throws: GitFailure.self) {
      try mirror.file("empty", of: String(repeating: "ab", count: 20), atMost: 100)
    }
  }
}
