import Foundation
import Glibc
import TestSupport
import Testing

@testable import RunDirectory

@Suite("The end of run directories") struct RemovingTests {
  private let folder: TemporaryDirectory
  private let area: RunArea

  init() throws {
    folder = try TemporaryDirectory("removing")
    area = RunArea(root: folder.path)
    try folder.write("victim/precious", "still here")
  }

  private func removed(_ number: Int) throws -> Bool {
    area.removeSetAside(try #require(try area.setAside(run: number)))
  }

  private var victim: String { (try? folder.read("victim/precious")) ?? "gone" }

  @Test("links in it, and a link in its place, are removed as links")
  func links() throws {
    try folder.write("runs/1/01-a.log", "a")
    try FileManager.default.createSymbolicLink(
      atPath: folder.file("runs/1/away"), withDestinationPath: folder.file("victim"))
    try FileManager.default.createSymbolicLink(
      atPath: folder.file("runs/2"), withDestinationPath: folder.file("victim"))
    #expect(try removed(1))
    #expect(try removed(2))
    #expect(victim == "still here")
    #expect(try FileManager.default.contentsOfDirectory(atPath: area.runs).isEmpty)
  }

  @Test("folders that nobody may change, names that are no text and a thousand levels go as well")
  func awkward() throws {
    try folder.write("runs/3/closed/file", "a")
    try runChecked(["sh", "-c", "printf x > \"$(printf 'runs/3/\\377\\n')\"; mkfifo runs/3/fifo"], in: folder.path)
    try runChecked(["chmod", "0", "runs/3/closed"], in: folder.path)
    try runChecked(
      ["python3", "-c", "import os\nos.chdir('runs/3')\nfor _ in range(1000):\n os.mkdir('deep'); os.chdir('deep')"],
      in: folder.path)
    #expect(area.size(ofRun: 3) > 0)
    #expect(try removed(3))
    #expect(area.contents() == RunArea.Contents())
  }

  @Test("what is called off is left, and is gone the next time")
  func calledOff() throws {
    for number in 1...20 { try folder.write("runs/4/\(number)", "a") }
    let name = try #require(try area.setAside(run: 4))
    #expect(try area.setAside(run: 4) == nil)
    var asked = 0
    #expect(
      !area.removeSetAside(name) {
        asked += 1
        return asked > 5
      })
    #expect(area.contents()?.setAside == [".removing-4"])
    #expect(area.removeSetAside(name))
    #expect(area.contents()?.setAside == [])
  }

  @Test("only names of its own are removed")
  func foreignNames() throws {
    for name in ["../victim", "victim", ".removing-/../../victim", ".removing-1/../../victim"] {
      #expect(!area.removeSetAside(name))
    }
    #expect(victim == "still here")
  }

  @Test("a run directory and a folder of logs are not made behind a link")
  func creating() throws {
    let spec = try Fixture.spec(in: area)
    try FileManager.default.createDirectory(atPath: area.runs, withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: area.directory(ofRun: 7).path, withDestinationPath: folder.file("victim"))
    #expect(throws: RunDirectoryError.self) {
      try RunDirectory.create(at: area.directory(ofRun: 7).path, spec: spec, eventBody: [1])
    }
    try FileManager.default.createDirectory(atPath: area.logs, withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: area.logs + "/shop", withDestinationPath: folder.file("victim"))
    #expect(throws: RunDirectoryError.self) { try area.linkLatest(pipeline: "shop", run: 7) }
    #expect(area.latestRuns() == [])
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.file("victim")) == ["precious"])
  }

  @Test("an error names the folder as people know it")
  func errors() throws {
    let spec = try Fixture.spec(in: area)
    try folder.write("runs/7/spec.json", "no spec")
    let path = area.directory(ofRun: 7).path
    do {
      _ = try RunDirectory.create(at: path, spec: spec, eventBody: nil)
      Issue.record("was made")
    } catch {
      #expect("\(error)".hasPrefix("\(path)/spec.json is damaged"))
    }
  }
}
