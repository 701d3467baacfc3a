import Foundation
import TestSupport
import Testing

@testable import RunDirectory

@Suite("When a log's bytes were written")
struct StepTimesTests {
  @Test("each entry has a place in the log and a time; a flood of writes makes few of them")
  func entries() throws {
    let fixture = try Fixture()
    let log = try LogWriter(fixture.directory, step: 1, name: "a")
    let start = Date()
    for _ in 0..<1000 { try log.write("x") }
    let elapsed = Date().timeIntervalSince(start)
    let path = RunDirectory.timesPath(ofLog: fixture.directory.path + "/" + log.name)
    let times = StepTimes.read(path)
    #expect(times.first?.offset == 0)
    #expect(times.count <= Int(elapsed * 100) + 2)
    #expect(zip(times, times.dropFirst()).allSatisfy { $0.offset < $1.offset })
    #expect(abs(Double(times[0].milliseconds) / 1000 - start.timeIntervalSince1970) < 5)
  }

  @Test("a missing or damaged file gives what can be read")
  func damaged() throws {
    let folder = try TemporaryDirectory("times")
    #expect(StepTimes.read(folder.file("none")).isEmpty)
    let path = try folder.write("t", "0 100\nrubbish\n5 x\n7 200\n12 3")
    #expect(StepTimes.read(path).map(\.offset) == [0, 7, 12])
  }
}
