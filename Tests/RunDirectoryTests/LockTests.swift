import Foundation
import TestSupport
import Testing

@testable import RunDirectory

@Suite("The lock of a run")
struct LockTests {
  @Test("it is free before, held while the value lives, and free after")
  func life() throws {
    let fixture = try Fixture()
    #expect(!fixture.directory.isLocked)
    do {
      let lock = try #require(try Held(fixture.directory))
      #expect(fixture.directory.isLocked)
      #expect(try Held(fixture.directory) == nil)
      _ = lock
    }
    #expect(!fixture.directory.isLocked)
  }

  @Test("asking whether it is held does not keep a runner from taking it")
  func asking() throws {
    let fixture = try Fixture()
    let directory = fixture.directory
    let asker = Thread { while !Thread.current.isCancelled { _ = directory.isLocked } }
    asker.start()
    defer { asker.cancel() }
    for _ in 0..<50 {
      #expect(try Held(directory) != nil)
    }
  }

  @Test(
    "a runner has been there where a power cut has left one of its first files, and no other",
    arguments: ["events.jsonl", "00-fetch.log", "00-fetch.times"])
  func traces(name: String) throws {
    let fixture = try Fixture()
    #expect(!fixture.directory.hasTraces)
    #expect(FileManager.default.createFile(atPath: fixture.directory.path + "/" + name, contents: nil))
    #expect(fixture.directory.hasTraces)
  }
}

/// A lock that the test macros can copy.
private final class Held {
  private let lock: RunLock

  init?(_ directory: RunDirectory) throws {
    guard let lock = try directory.lock() else { return nil }
    self.lock = lock
  }
}
