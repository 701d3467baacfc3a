import Foundation
import Model
import TestSupport
import Testing

@testable import RunDirectory

@Suite("Following a run")
struct LogFollowerTests {
  /// Writes a run with three steps; `say` is called after every change on disk.
  static func writeRun(_ fixture: Fixture, seed: UInt64, say: () throws -> Void = {}) throws -> [Int: [UInt8]] {
    var random = SeededGenerator(seed: seed)
    let events = try EventWriter(fixture.directory)
    let at = Date(timeIntervalSince1970: 1_700_000_000)
    var logs: [Int: [UInt8]] = [:]
    try events.append(RunEvent(at: at, event: .runStarted), durable: false)
    try say()
    for step in 0..<3 {
      let log = try LogWriter(fixture.directory, step: step, name: "step \(step)")
      try events.append(RunEvent(at: at, event: .stepStarted, step: step, log: log.name), durable: false)
      try say()
      for _ in 0..<Int.random(in: 0..<6, using: &random) {
        var bytes = Array("grün und 日本語 🎉\n".utf8).shuffledOnce(using: &random)
        while bytes.count < Int.random(in: 0..<200_000, using: &random) { bytes += bytes }
        let cut = Int.random(in: 0...bytes.count, using: &random)
        for part in [bytes[..<cut], bytes[cut...]] {
          try part.withUnsafeBytes { try log.write($0) }
          logs[step, default: []] += part
          try say()
        }
      }
      if step == 1 {
        try events.append(RunEvent(at: at, event: .stopping, reason: "cancelled"), durable: false)
        try say()
      }
      try events.append(RunEvent(at: at, event: .stepFinished, step: step, log: log.name), durable: false)
      try say()
    }
    try events.append(RunEvent(at: at, event: .stepSkipped, step: 3), durable: false)
    try events.append(RunEvent(at: at, event: .runFinished, runState: .cancelled), durable: false)
    try say()
    return logs
  }

  /// Writes a run whose steps overlap; `say` is called after every change on disk.
  static func writeGraph(_ fixture: Fixture, seed: UInt64, say: () throws -> Void = {}) throws -> [Int: [UInt8]] {
    var random = SeededGenerator(seed: seed)
    let events = try EventWriter(fixture.directory)
    let at = Date(timeIntervalSince1970: 1_700_000_000)
    var (logs, open, next) = ([Int: [UInt8]](), [Int: LogWriter](), 0)
    while next < 8 || !open.isEmpty {
      switch Int.random(in: 0..<6, using: &random) {
      case 0 where next < 8 && open.count < 4:
        let log = try LogWriter(fixture.directory, step: next, name: "step \(next)")
        try events.append(RunEvent(at: at, event: .stepStarted, step: next, log: log.name), durable: false)
        open[next] = log
        next += 1
      case 1:
        guard let (step, log) = open.sorted(by: { $0.key < $1.key }).randomElement(using: &random) else { continue }
        try events.append(RunEvent(at: at, event: .stepFinished, step: step, log: log.name), durable: false)
        open[step] = nil
      case 2:
        try events.append(RunEvent(at: at, event: .stepSkipped, step: 90), durable: false)
      default:
        guard let (step, log) = open.sorted(by: { $0.key < $1.key }).randomElement(using: &random) else { continue }
        var bytes = Array("grün und 日本語 🎉 \(step)\n".utf8).shuffledOnce(using: &random)
        while bytes.count < Int.random(in: 0..<90_000, using: &random) { bytes += bytes }
        try bytes.withUnsafeBytes { try log.write($0) }
        logs[step, default: []] += bytes
      }
      try say()
    }
    try events.append(RunEvent(at: at, event: .runFinished, runState: .succeeded), durable: false)
    try say()
    return logs
  }

  @Test("with several steps under way, one sees a prefix of each, and in the end all of it", arguments: UInt64(40)...51)
  func graph(seed: UInt64) throws {
    let fixture = try Fixture()
    var follower = LogFollower(fixture.directory)
    var seen: [LogFollower.Item] = []
    let logs = try Self.writeGraph(fixture, seed: seed) { seen += try Self.drain(&follower) }
    #expect(follower.isFinished)
    try Self.check(seen, logs: logs, directory: fixture.directory)
  }

  @Test("and goes on from every place while the run is written, without a byte twice", arguments: UInt64(60)...71)
  func graphResumed(seed: UInt64) throws {
    let fixture = try Fixture()
    var random = SeededGenerator(seed: seed)
    var (seen, place) = ([LogFollower.Item](), LogPosition.start)
    var isFinished = false
    let logs = try Self.writeGraph(fixture, seed: seed) {
      while !isFinished {
        var follower = LogFollower(fixture.directory, from: place)
        let items = try follower.next()
        // Taken in part, as by a connection that breaks; at times nothing at all.
        let taken = items.prefix(Int.random(in: 0...items.count, using: &random))
        seen += taken
        guard let last = taken.last else { break }
        place = try #require(LogPosition(last.position.description))
        #expect(place == last.position)
        if case .event(let event, _) = last, event.event == .runFinished { isFinished = true }
      }
    }
    var follower = LogFollower(fixture.directory, from: place)
    if !isFinished { seen += try Self.drain(&follower) }
    try Self.check(seen, logs: logs, directory: fixture.directory)
  }

  @Test("a step that floods its log hides no other one")
  func fair() throws {
    let fixture = try Fixture()
    let events = try EventWriter(fixture.directory)
    for step in 1...2 {
      let log = try LogWriter(fixture.directory, step: step, name: "s")
      try events.append(RunEvent(at: Date(), event: .stepStarted, step: step, log: log.name), durable: false)
      try log.write(step == 1 ? String(repeating: "flood\n", count: 500_000) : "small\n")
    }
    var follower = LogFollower(fixture.directory)
    let steps = try follower.next().compactMap { if case .log(let step, _, _, _) = $0 { step } else { nil } }
    #expect(steps.contains(2))
  }

  /// Everything that a follower gives until it is empty-handed.
  static func drain(_ follower: inout LogFollower) throws -> [LogFollower.Item] {
    var all: [LogFollower.Item] = []
    while case let items = try follower.next(), !items.isEmpty { all += items }
    return all
  }

  @Test("nothing is there before the runner starts, and that is no error")
  func empty() throws {
    let fixture = try Fixture()
    var follower = LogFollower(fixture.directory)
    #expect(try follower.next().isEmpty)
    #expect(!follower.isFinished)
  }

  @Test("whenever one looks, one sees a prefix of what is stored, and in the end all of it", arguments: UInt64(1)...12)
  func live(seed: UInt64) throws {
    let fixture = try Fixture()
    var follower = LogFollower(fixture.directory)
    var seen: [LogFollower.Item] = []
    let logs = try Self.writeRun(fixture, seed: seed) { seen += try Self.drain(&follower) }
    #expect(follower.isFinished)
    try Self.check(seen, logs: logs, directory: fixture.directory)
  }

  @Test("from any place on, the rest is the same", arguments: UInt64(20)...31)
  func resume(seed: UInt64) throws {
    let fixture = try Fixture()
    let logs = try Self.writeRun(fixture, seed: seed)
    var random = SeededGenerator(seed: seed)
    var follower = LogFollower(fixture.directory)
    var seen: [LogFollower.Item] = []
    // A new follower at the place where the one before stopped, after every item or two.
    while !follower.isFinished {
      let items = try follower.next()
      try #require(!items.isEmpty)
      let taken = items.prefix(Int.random(in: 1...max(1, items.count), using: &random))
      seen += taken
      guard let last = taken.last else { break }
      let place = try #require(LogPosition(last.position.description))
      #expect(place == last.position)
      if case .event(let event, _) = last, event.event == .runFinished { break }
      follower = LogFollower(fixture.directory, from: place)
    }
    try Self.check(seen, logs: logs, directory: fixture.directory)
  }

  @Test("a place in the middle of a log gives the rest of that log")
  func middle() throws {
    let fixture = try Fixture()
    let events = try EventWriter(fixture.directory)
    let log = try LogWriter(fixture.directory, step: 1, name: "a")
    try events.append(RunEvent(at: Date(), event: .stepStarted, step: 1, log: log.name), durable: false)
    try log.write("0123456789")
    let size = try OpenFile(fixture.directory.eventsPath, O_RDONLY).size
    var follower = LogFollower(fixture.directory, from: LogPosition(events: size, log: 4))
    guard case .log(1, 4, let bytes, let place)? = try follower.next().first else {
      Issue.record("no log")
      return
    }
    #expect(bytes == Array("456789".utf8))
    #expect(place == LogPosition(events: size, log: 10))
    #expect(try follower.next().isEmpty)
  }

  @Test("a place that was never given out does no harm", arguments: ["3.0", "0.99", "99999999.5", "1.1"])
  func invented(text: String) throws {
    let fixture = try Fixture()
    _ = try Self.writeRun(fixture, seed: 3)
    var follower = LogFollower(fixture.directory, from: try #require(LogPosition(text)))
    let seen = try Self.drain(&follower)
    #expect(text == "99999999.5" ? seen.isEmpty : follower.isFinished)
  }

  @Test("pieces are small and end between characters; a character that is never finished comes with the end")
  func characters() throws {
    let fixture = try Fixture()
    let events = try EventWriter(fixture.directory)
    let log = try LogWriter(fixture.directory, step: 1, name: "a")
    try events.append(RunEvent(at: Date(), event: .stepStarted, step: 1, log: log.name), durable: false)
    let text = String(repeating: "日本語", count: 100_000)
    try log.write(text)
    try [UInt8]([0xE6, 0x97]).withUnsafeBytes { try log.write($0) }
    var follower = LogFollower(fixture.directory)
    var all: [UInt8] = []
    while case let items = try follower.next(), !items.isEmpty {
      var size = 0
      for case .log(_, _, let bytes, _) in items {
        #expect(String(validating: bytes, as: UTF8.self) != nil)
        all += bytes
        size += bytes.count
      }
      #expect(size <= 256 << 10)
    }
    #expect(all == Array(text.utf8))
    try events.append(RunEvent(at: Date(), event: .stepFinished, step: 1, log: log.name), durable: false)
    let last = try follower.next()
    guard case .log(_, _, let bytes, _)? = last.first else {
      Issue.record("the last bytes are missing")
      return
    }
    #expect(bytes == [0xE6, 0x97])
    #expect(last.count == 2)
  }

  @Test(
    "what is no place is refused",
    arguments: [
      "", "1", "1.", ".1", "-1.0", "1.2.3", "+1.0", "1.x", "99999999999999999999.0", "1.2-3.2-4", "1.2-3.5", "1.2-",
      "1.2-3-4",
    ])
  func places(text: String) {
    #expect(LogPosition(text) == nil)
  }

  static func check(_ items: [LogFollower.Item], logs: [Int: [UInt8]], directory: RunDirectory) throws {
    var events: [RunEvent] = []
    var found: [Int: [UInt8]] = [:]
    for item in items {
      switch item {
      case .event(let event, _):
        if event.event == .stepFinished, let step = event.step {
          #expect(found[step] == logs[step], "the log comes whole before the step's end")
        }
        events.append(event)
      case .log(let step, let offset, let bytes, _):
        #expect(offset == found[step, default: []].count)
        found[step, default: []] += bytes
      }
    }
    #expect(try events == directory.events())
    #expect(found == logs.filter { !$0.value.isEmpty })
  }
}

extension LogFollower.Item {
  var position: LogPosition {
    switch self {
    case .event(_, let place): place
    case .log(_, _, _, let place): place
    }
  }
}

extension [UInt8] {
  /// Sometimes invalid UTF-8, sometimes not.
  fileprivate func shuffledOnce(using random: inout SeededGenerator) -> [UInt8] {
    Bool.random(using: &random) ? self : shuffled(using: &random)
  }
}
