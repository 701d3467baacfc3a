import Foundation
import Model
import TestSupport
import Testing

@testable import Pipelines

/// The zone files of this machine.
enum SystemZones {
  static let folder = "/usr/share/zoneinfo"
  static let areThere = FileManager.default.isReadableFile(atPath: folder + "/Europe/Berlin")

  static func rules(_ name: String) throws -> ZoneRules {
    try #require(ZoneFile.rules(Array(try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)")))), "\(name)")
  }
}

@Suite(
  "The times of a schedule",
  .enabled(if: SystemZones.areThere, "this machine has no time zones (Debian package tzdata)"))
struct ScheduleTimesTests {
  private static func date(_ text: String) throws -> Date {
    try Date(text, strategy: Date.ISO8601FormatStyle())
  }

  /// The next times after `start`, in UTC as `10-25T00:30`.
  private func times(_ cron: String, _ zone: String, after start: String, count: Int) throws -> [String] {
    let times = ScheduleTimes(try CronExpression(cron), zone: try SystemZones.rules(zone))
    var date = try Self.date(start)
    return try (0..<count).map { _ in
      date = try #require(times.next(after: date))
      return String(date.formatted(Date.ISO8601FormatStyle()).dropFirst(5).prefix(11))
    }
  }

  @Test("a time that the clocks are put forward over comes when they have been, once")
  func gap() throws {
    // 2026-03-29 in Berlin: after 01:59 CET comes 03:00 CEST, at 01:00 UTC.
    #expect(
      try times("30 2 * * *", "Europe/Berlin", after: "2026-03-28T00:00:00Z", count: 3)
        == ["03-28T01:30", "03-29T01:00", "03-30T00:30"])
    #expect(
      try times("*/15 2 * * *", "Europe/Berlin", after: "2026-03-28T01:40:00Z", count: 3)
        == ["03-28T01:45", "03-29T01:00", "03-30T00:00"])
    #expect(
      try times("0 2,3 * * *", "Europe/Berlin", after: "2026-03-29T00:00:00Z", count: 2)
        == ["03-29T01:00", "03-30T00:00"])
    // The whole of 30 December 2011 never was in Apia.
    #expect(
      try times("0 12 * * *", "Pacific/Apia", after: "2011-12-29T00:00:00Z", count: 3)
        == ["12-29T22:00", "12-30T10:00", "12-30T22:00"])
  }

  @Test("a time that is shown twice comes the first time, and no other")
  func fold() throws {
    // 2026-10-25 in Berlin: after 02:59 CEST comes 02:00 CET, at 01:00 UTC.
    #expect(
      try times("30 2 * * *", "Europe/Berlin", after: "2026-10-24T12:00:00Z", count: 2)
        == ["10-25T00:30", "10-26T01:30"])
    #expect(
      try times("0,30 1-3 * * *", "Europe/Berlin", after: "2026-10-24T22:59:00Z", count: 6)
        == ["10-24T23:00", "10-24T23:30", "10-25T00:00", "10-25T00:30", "10-25T02:00", "10-25T02:30"])
    // Asked within the second of the two hours.
    #expect(
      try times("30 2 * * *", "Europe/Berlin", after: "2026-10-25T01:10:00Z", count: 1) == ["10-26T01:30"])
  }

  @Test("with a star for the hour, what counts is the time that passes")
  func passing() throws {
    #expect(
      try times("*/30 * * * *", "Europe/Berlin", after: "2026-10-24T23:59:00Z", count: 5)
        == ["10-25T00:00", "10-25T00:30", "10-25T01:00", "10-25T01:30", "10-25T02:00"])
    #expect(
      try times("*/30 * * * *", "Europe/Berlin", after: "2026-03-29T00:00:00Z", count: 3)
        == ["03-29T00:30", "03-29T01:00", "03-29T01:30"])
    #expect(
      try times("0 */2 * * *", "Europe/Berlin", after: "2026-03-28T22:00:00Z", count: 2)
        == ["03-28T23:00", "03-29T02:00"])
    // Half an hour in Lord Howe: 02:00 becomes 01:30.
    #expect(
      try times("0,45 * * * *", "Australia/Lord_Howe", after: "2026-04-04T14:00:00Z", count: 3)
        == ["04-04T14:45", "04-04T15:15", "04-04T15:30"])
  }

  @Test("beyond its table a zone goes by the rule in its last line")
  func farAway() throws {
    #expect(
      try times("30 2 * * *", "Europe/Berlin", after: "2090-03-25T12:00:00Z", count: 2)
        == ["03-26T01:00", "03-27T00:30"])
    #expect(
      try times("0 12 * * *", "America/New_York", after: "2090-11-04T12:00:00Z", count: 2)
        == ["11-04T16:00", "11-05T17:00"])
  }

  @Test("the latest time is the one after which no other comes, however long nobody looked")
  func latest() throws {
    let start = try Self.date("2020-01-01T00:00:00Z")
    let end = try Self.date("2026-11-30T12:34:56Z")
    for (cron, expected) in [
      ("* * * * *", "2026-11-30T12:34:00Z"), ("0 3 * * *", "2026-11-30T03:00:00Z"),
      ("0 0 29 2 *", "2024-02-29T00:00:00Z"), ("34 12 30 11 *", "2026-11-30T12:34:00Z"),
    ] {
      let times = ScheduleTimes(try CronExpression(cron), zone: .utc)
      #expect(times.latest(after: start, notAfter: end) == (try Self.date(expected)), "\(cron)")
    }
    let yearly = ScheduleTimes(try CronExpression("35 12 30 11 *"), zone: .utc)
    #expect(yearly.latest(after: try Self.date("2025-11-30T12:35:00Z"), notAfter: end) == nil)
    #expect(yearly.latest(after: end, notAfter: start) == nil)
    // Exactly now counts, exactly then does not.
    let now = try Self.date("2026-11-30T12:35:00Z")
    #expect(yearly.latest(after: end, notAfter: now) == now)
    #expect(yearly.latest(after: now, notAfter: now.addingTimeInterval(1)) == nil)
  }
}

@Suite(
  "Zone files", .enabled(if: SystemZones.areThere, "this machine has no time zones (Debian package tzdata)"))
struct ZoneFileTests {
  @Test("every zone of this machine is read")
  func all() throws {
    let folder = URL(fileURLWithPath: SystemZones.folder)
    let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
    var count = 0
    for case let file as URL in files {
      guard let data = try? Data(contentsOf: file), data.starts(with: Array("TZif".utf8)) else { continue }
      let bytes = Array(data)
      let rules = ZoneFile.rules(bytes)
      #expect(rules != nil, "\(file.path)")
      #expect(abs(rules?.offset(at: 1_800_000_000) ?? .max) <= 14 * 3600)
      count += 1
    }
    #expect(count > 300)
  }

  @Test("a file that ends early, or is not what it says, is refused and never read beyond its end")
  func hostile() throws {
    let whole = Array(try Data(contentsOf: URL(fileURLWithPath: SystemZones.folder + "/Europe/Berlin")))
    for length in 0..<whole.count { #expect(ZoneFile.rules(Array(whole[..<length])) == nil, "\(length)") }
    var generator = SeededGenerator(seed: 30)
    for _ in 0..<3000 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
      }
      guard let rules = ZoneFile.rules(bytes) else { continue }
      // Whatever it says now, a time is found or is not.
      let times = ScheduleTimes(try CronExpression("30 2 * * *"), zone: rules)
      _ = times.next(after: 1_800_000_000)
    }
  }

  @Test("names lead nowhere but into the folder")
  func names() {
    for name in ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+5", "EST5EDT"] {
      #expect(ZoneFile.isName(name), "\(name)")
    }
    for name in [
      "", "/etc/passwd", "../x", "Europe/../x", "Europe//Berlin", "Europe/", "a b", "right/UTC", "ä", ".x", "x\0",
    ] {
      #expect(!ZoneFile.isName(name), "\(name)")
    }
  }

  @Test(
    "the last line is read as POSIX and RFC 8536 have it, and nothing else is",
    arguments: [
      ("CET-1CEST,M3.5.0,M10.5.0/3", 3600), ("<-03>3", -10_800),
      ("<+1245>-12:45<+1345>,M9.5.0/2:45,M4.1.0/3:45", 45_900),
      ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", -7200), ("IST-1GMT0,M10.5.0,M3.5.0/1", 3600),
      ("AAA3BBB,J60/0,300/167", -10_800),
    ])
  func line(text: String, standard: Int) {
    #expect(ZoneLineReader.read(text)?.standard == standard)
    for length in 1..<text.utf8.count where !["<-03>3"].contains(text) {
      let part = String(text.prefix(length))
      if let rule = ZoneLineReader.read(part) { #expect(rule.yearly != nil || !part.contains(","), "\(part)") }
    }
  }

  @Test(
    "a line that is none is refused",
    arguments: [
      "", "C-1", "CET", "CET-25", "CET-1CEST", "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.6.0,M10.5.0",
      "CET-1CEST,M3.5.7,M10.5.0", "<CET-1", "CET-1CEST,J0,J5", "CET-1CEST,366,5", "CET-1CEST,M3.5.0/168,M10.5.0",
      "CET-1 ",
    ])
  func badLine(text: String) { #expect(ZoneLineReader.read(text) == nil) }
}
