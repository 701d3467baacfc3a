import Foundation
import Model
import TestSupport
import Testing

@testable import RunDirectory

@Suite("Creating a run directory")
struct CreatingTests {
  @Test("what was put in comes out again, dictionary keys included")
  func roundTrip() throws {
    let fixture = try Fixture()
    #expect(try fixture.directory.spec() == fixture.spec)
    #expect(try String(contentsOfFile: fixture.directory.messagePath, encoding: .utf8) == "Grüße\n")
    #expect(
      try String(contentsOfFile: fixture.directory.eventFilePath, encoding: .utf8) == #"{"ref":"refs/heads/main"}"#)
  }

  @Test("doing it again with the same spec changes nothing, with another one it is refused")
  func again() throws {
    let fixture = try Fixture()
    let same = try RunDirectory.create(at: fixture.directory.path, spec: fixture.spec, eventBody: nil)
    #expect(same == fixture.directory)
    var other = fixture.spec
    other.number = 8
    #expect(throws: RunDirectoryError.taken(path: fixture.directory.path)) {
      try RunDirectory.create(at: fixture.directory.path, spec: other, eventBody: nil)
    }
  }

  @Test("what a crash left half done is completed")
  func half() throws {
    let fixture = try Fixture()
    try FileManager.default.removeItem(atPath: fixture.directory.specPath)
    try "rubbish".write(toFile: fixture.directory.specPath + ".new", atomically: false, encoding: .utf8)
    _ = try RunDirectory.create(at: fixture.directory.path, spec: fixture.spec, eventBody: nil)
    #expect(try fixture.directory.spec() == fixture.spec)
  }

  @Test("a power cut may cost the payload, which is written anew as long as the run has not begun")
  func payloadLost() throws {
    let fixture = try Fixture()
    let directory = fixture.directory
    func create() throws {
      _ = try RunDirectory.create(at: directory.path, spec: fixture.spec, eventBody: Array("whole".utf8))
    }
    try "".write(toFile: directory.eventFilePath, atomically: false, encoding: .utf8)
    try create()
    #expect(try String(contentsOfFile: directory.eventFilePath, encoding: .utf8) == "whole")

    try "a step's own".write(toFile: directory.eventFilePath, atomically: false, encoding: .utf8)
    try fixture.append("")
    try create()
    #expect(try String(contentsOfFile: directory.eventFilePath, encoding: .utf8) == "a step's own")
  }

  @Test(
    "the folder's group may do in a run directory what it may in the folder, others nothing",
    arguments: [(0o700, 0o700, 0o600), (0o750, 0o750, 0o640), (0o2770, 0o2770, 0o640), (0o777, 0o770, 0o640)])
  func permissions(parent: Int, directory: Int, file: Int) throws {
    let folder = try TemporaryDirectory("modes")
    let area = RunArea(root: folder.path)
    try FileManager.default.createDirectory(atPath: area.runs, withIntermediateDirectories: true)
    #expect(chmod(area.runs, mode_t(parent)) == 0)
    let made = try RunDirectory.create(
      at: area.directory(ofRun: 1).path, spec: try Fixture.spec(in: area), eventBody: [])
    func mode(_ path: String) throws -> Int {
      var status = stat()
      try #require(stat(path, &status) == 0)
      return Int(status.st_mode & 0o7777)
    }
    #expect(try mode(made.path) == directory)
    #expect(try mode(made.specPath) == file)
    #expect(try mode(made.eventFilePath) == file)
  }

  @Test("a damaged spec is an error that names the file")
  func damaged() throws {
    let fixture = try Fixture()
    try "{".write(toFile: fixture.directory.specPath, atomically: true, encoding: .utf8)
    #expect(throws: RunDirectoryError.self) { try fixture.directory.spec() }
  }

  @Test(
    "a step's name becomes a safe file name",
    arguments: [
      ("build", "03-build.log"), ("../../etc/passwd", "03-..-..-etc-passwd.log"), ("Größe µ", "03-Gr----e---.log"),
      ("", "03-.log"),
    ])
  func names(name: String, file: String) {
    #expect(RunDirectory.logName(step: 3, name: name) == file)
    #expect(RunDirectory.isPlainName(file))
  }

  @Test("an event's log never leads outside the run directory", arguments: ["../x", "/etc/passwd", ".", "", "a/b"])
  func hostileLogName(name: String) {
    let event = RunEvent(at: Date(), event: .stepStarted, step: 1, log: name)
    #expect(RunDirectory(path: "/runs/1").stepLogPath(event) == nil)
  }
}
