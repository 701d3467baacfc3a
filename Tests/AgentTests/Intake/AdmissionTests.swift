import Door
import Foundation
import Logging
import Model
import Store
import Synchronization
import TestSupport
import Testing

@testable import Agent

/// Who is turned away before anything of a body is read.
@Suite struct AdmissionTests {
  private let folder: TemporaryDirectory
  private let store: SQLiteStore
  private let github = PublishedRanges()
  private let clock = Clock()

  /// Seconds, as the test likes.
  private final class Clock: Sendable {
    let now = Mutex(1000.0)
  }

  init() throws {
    folder = try TemporaryDirectory("admission")
    store = try SQLiteStore.open(path: folder.file("pushrod.db"))
  }

  private var admission: Admission {
    Admission(github: github, store: store, logger: .silent, clock: { [clock] in clock.now.withLock { $0 } })
  }

  private func rules(_ source: DoorRules.Source = DoorRules.Source(), addressRate: Rate? = nil) -> Ruleset {
    var rules = someRules([])
    rules.door = DoorRules(sources: ["github": source], addressRate: addressRate)
    return rules
  }

  private func knock(_ address: String?, source: String = "github") -> HookKnock {
    HookKnock(source: source, address: address.flatMap { IPAddress($0) }, headers: ["X-GitHub-Event": "push"])
  }

  /// Notes are written a little later, all that wait at once.
  private func notes(atLeast count: Int) async throws -> [Delivery] {
    let end = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < end {
      let found = try await store.deliveries(DeliveryFilter(limit: 100))
      if found.count >= count { return found }
      try await Task.sleep(for: .milliseconds(20))
    }
    throw CommandFailure("there are not \(count) notes")
  }

  @Test("what the listener refused is kept with its reason, once a minute, and of no source that is not there")
  func listenersRefusals() async throws {
    let (admission, rules) = (admission, rules())
    for _ in 0..<3 { admission.noteRefusal(of: knock("192.0.2.7"), status: 413, reason: "too large", rules) }
    admission.noteRefusal(of: knock("192.0.2.7", source: "gone"), status: 413, reason: "too large", rules)
    clock.now.withLock { $0 += 61 }
    admission.noteRefusal(of: knock("192.0.2.7"), status: 413, reason: "too large", rules)
    let notes = try await notes(atLeast: 2)
    #expect(notes.map(\.verdict) == [.rejected(reason: "too large"), .rejected(reason: "too large")])
    #expect(notes.allSatisfy { $0.source == "github" && $0.address == "192.0.2.7" })
  }

  @Test("where the configuration says nothing, a forge gets 2,000 deliveries in from one address within ten seconds")
  func burst() {
    let (admission, rules) = (admission, rules())
    for number in 0..<2_000 {
      clock.now.withLock { $0 = 1000 + Double(number) / 200 }
      #expect(admission.answer(knock("192.0.2.7"), rules) == nil, "\(number)")
    }
  }

  @Test("who is not in the list gets a 403 and stays in the inbox with the reason")
  func allow() async throws {
    let admission = admission
    let rules = rules(DoorRules.Source(allow: AllowList(ranges: [try #require(AddressRange("192.0.2.0/24"))])))
    #expect(admission.answer(knock("192.0.2.7"), rules) == nil)
    #expect(admission.answer(knock("::ffff:192.0.2.7"), rules) == nil)
    for address in ["198.51.100.1", "127.0.0.1", nil] {
      let answer = try #require(admission.answer(knock(address), rules))
      #expect(answer.status == 403)
      #expect(!answer.body.contains("198.51"))
    }
    let note = try #require(try await notes(atLeast: 3).first { $0.address == "198.51.100.1" })
    #expect(note.verdict == .rejected(reason: "the address is not in this source's `allow`"))
    #expect(note.headers["x-github-event"] == "push")
  }

  @Test("until GitHub's addresses are known nobody comes in as GitHub, and the answer is to come back")
  func github() async throws {
    let admission = admission
    let rules = rules(DoorRules.Source(allow: AllowList(ranges: [], includesGitHub: true)))
    let answer = try #require(admission.answer(knock("140.82.115.1"), rules))
    #expect(answer.status == 503 && answer.retryAfter == 60)
    github.current = [try #require(AddressRange("140.82.112.0/20"))]
    #expect(admission.answer(knock("140.82.115.1"), rules) == nil)
    #expect(admission.answer(knock("140.82.128.1"), rules)?.status == 403)
  }

  @Test("more than the rate of a source is 429 with the time to wait, and one note for a burst")
  func sourceRate() async throws {
    let admission = admission
    let rules = rules(DoorRules.Source(rate: Rate("5/m")))
    let answers = (0..<1000).map { _ in admission.answer(knock("192.0.2.7"), rules) }
    #expect(answers.prefix(5).allSatisfy { $0 == nil })
    #expect(answers.dropFirst(5).allSatisfy { $0?.status == 429 && $0?.retryAfter == 12 })
    // Another source's bucket is its own.
    #expect(admission.answer(knock("192.0.2.7", source: "bare"), rules) == nil)
    clock.now.withLock { $0 += 12 }
    #expect(admission.answer(knock("192.0.2.7"), rules) == nil)
    #expect(admission.answer(knock("192.0.2.7"), rules)?.status == 429)
    let notes = try await notes(atLeast: 1)
    #expect(notes.map(\.verdict) == [.rejected(reason: "more than 5/m for this source")])
  }

  @Test("more than the rate of an address is 429 for this address alone, whichever source it tries")
  func addressRate() throws {
    let admission = admission
    let rules = rules(addressRate: Rate("3/m"))
    for source in ["github", "bare", "nothing"] { _ = admission.answer(knock("2001:db8::1", source: source), rules) }
    #expect(admission.answer(knock("2001:db8::2"), rules)?.status == 429)
    #expect(admission.answer(knock("2001:db8:0:1::1"), rules) == nil)
    // What is said counts for this machine too.
    for _ in 0..<3 { #expect(admission.answer(knock("127.0.0.1"), rules) == nil) }
    #expect(admission.answer(knock("127.0.0.1"), rules)?.status == 429)
  }

  @Test("where nothing is said a forge is never too fast, and this machine never at all")
  func defaults() {
    let admission = admission
    let rules = rules()
    #expect((0..<1000).allSatisfy { _ in admission.answer(knock("140.82.115.1"), rules) == nil })
    #expect((0..<100_000).allSatisfy { _ in admission.answer(knock("127.0.0.1"), rules) == nil })
    #expect((0..<3000).contains { _ in admission.answer(knock("140.82.115.1"), rules) != nil })
  }

  @Test("a source that is not there is a 404 and no note")
  func unknownSource() async throws {
    let admission = admission
    #expect(admission.answer(knock("192.0.2.7", source: "canary"), rules())?.status == 404)
    // The note of something else comes, and alone.
    let closed = rules(DoorRules.Source(allow: AllowList(ranges: [])))
    #expect(admission.answer(knock("192.0.2.7"), closed)?.status == 403)
    #expect(try await notes(atLeast: 1).map(\.source) == ["github"])
  }

  @Test("a source whose address list refuses somebody does not let them use up its rate")
  func allowBeforeRate() throws {
    let admission = admission
    let list = AllowList(ranges: [try #require(AddressRange("192.0.2.7"))])
    let rules = rules(DoorRules.Source(allow: list, rate: Rate("1/h")))
    for _ in 0..<10 { #expect(admission.answer(knock("198.51.100.1"), rules)?.status == 403) }
    #expect(admission.answer(knock("192.0.2.7"), rules) == nil)
  }
}
