import Foundation
import Model
import TestSupport
import Testing

@testable import RunDirectory

@Suite("events.jsonl")
struct EventTests {
  @Test("events come back in order, and the final one is found")
  func order() throws {
    let fixture = try Fixture()
    let writer = try EventWriter(fixture.directory)
    #expect(try fixture.directory.finalEvent() == nil)
    let at = Date(timeIntervalSince1970: 1_700_000_000.125)
    let events = [
      RunEvent(at: at, event: .runStarted, pid: 5),
      RunEvent(at: at, event: .stepFinished, step: 1, stepState: .failed, exitCode: 3, reason: "exit 3\nline two"),
      RunEvent(at: at, event: .runFinished, runState: .timedOut),
    ]
    for event in events { try writer.append(event, durable: true) }
    #expect(try fixture.directory.events() == events)
    #expect(try fixture.directory.finalEvent() == events[2])
  }

  @Test("a torn last line does not count until it is whole")
  func torn() throws {
    let fixture = try Fixture()
    let whole = #"{"at":"2026-11-23T12:46:00.123Z","event":"run_started"}"# + "\n"
    try fixture.append(whole + whole.prefix(20))
    var reader = EventReader(path: fixture.directory.eventsPath)
    #expect(try reader.next().map(\.end) == [whole.utf8.count])
    #expect(try reader.next().isEmpty)
    try fixture.append(String(whole.dropFirst(20)))
    #expect(try reader.next().map(\.end) == [2 * whole.utf8.count])
    #expect(try fixture.directory.events().count == 2)
  }

  @Test("a whole line that is no event is an error, not silence")
  func corrupt() throws {
    let fixture = try Fixture()
    try fixture.append("not json\n")
    #expect(throws: RunDirectoryError.self) { try fixture.directory.events() }
  }

  @Test("a FIFO in the place of the events is empty, and nobody waits for it")
  func fifo() throws {
    let fixture = try Fixture()
    #expect(mkfifo(fixture.directory.eventsPath, 0o600) == 0)
    #expect(try fixture.directory.events().isEmpty)
    var follower = LogFollower(fixture.directory)
    #expect(try follower.next().isEmpty)
  }

  @Test("a directory with events gets no second writer")
  func once() throws {
    let fixture = try Fixture()
    _ = try EventWriter(fixture.directory)
    #expect(throws: RunDirectoryError.taken(path: fixture.directory.path)) { try EventWriter(fixture.directory) }
  }

  @Test("an events file behind a symbolic link is refused")
  func link() throws {
    let fixture = try Fixture()
    let target = try fixture.folder.write("elsewhere", "")
    #expect(symlink(target, fixture.directory.eventsPath) == 0)
    #expect(throws: RunDirectoryError.self) { try fixture.directory.events() }
  }
}
