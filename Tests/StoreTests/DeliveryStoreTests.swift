import Foundation
import Model
import Store
import Testing

@Suite struct DeliveryStoreTests {
  @Test("a delivery comes back as it was, byte for byte")
  func roundTrip() async throws {
    let fixture = try StoreUnderTest()
    let body = (0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    var delivery = someDelivery("d-1", body: body)
    delivery.decisions = [
      Decision(pipeline: "shop", starts: true, reason: "branch main"),
      Decision(pipeline: "docs.v2", starts: false, reason: #"branch "main" not in [docs: "a"]"#),
    ]
    delivery.headers = Headers([
      .init(name: "X-Two", value: "a: b"), .init(name: "X-Two", value: ""), .init(name: "X-Umlaut", value: "ü"),
    ])

    let recorded = try await fixture.store.record(delivery)

    #expect(
      recorded == RecordedDelivery(number: 1, verdict: .ignored(reason: "no pipeline for acme/shop"), isRepeat: false))
    let found = try #require(try await fixture.store.delivery(number: 1))
    #expect(found.body == body)
    #expect(found.bodySize == body.count)
    #expect(found.headers == delivery.headers)
    #expect(found.id == "d-1")
    #expect(found.event == "push")
    #expect(found.address == "192.0.2.1")
    #expect(found.receivedAt == someDate)
    #expect(found.verdict == recorded.verdict)
    #expect(found.decisions == delivery.decisions)
  }

  @Test("a header value with a line break cannot become two headers")
  func noHeaderInjection() async throws {
    let fixture = try StoreUnderTest()
    var delivery = someDelivery("d-1")
    delivery.headers = ["X-One": "a\nX-Two: b\r\n\0"]

    _ = try await fixture.store.record(delivery)

    let found = try #require(try await fixture.store.delivery(number: 1))
    #expect(found.headers.fields == [.init(name: "x-one", value: "a X-Two: b   ")])
  }

  @Test("a delivery's runs are queued with it, in order, and know it")
  func runsAreQueued() async throws {
    let fixture = try StoreUnderTest()

    let recorded = try await fixture.store.record(
      someDelivery("d-1", runs: [try someRequest("shop"), try someRequest("docs")]))

    #expect(recorded.verdict == .started(runs: [1, 2]))
    let queued = try await fixture.store.queuedRuns(limit: 10)
    #expect(queued.map(\.number) == [1, 2])
    #expect(queued.map(\.request.pipeline.name) == ["shop", "docs"])
    #expect(queued.map(\.request.delivery) == [1, 1])
    #expect(queued[0].state == .queued)
    #expect(queued[0].queuedAt == someDate)
  }

  @Test("a repeated id gets the first answer and queues nothing")
  func repeats() async throws {
    let fixture = try StoreUnderTest()
    let first = try await fixture.store.record(someDelivery("d-1", runs: [try someRequest()]))

    let second = try await fixture.store.record(someDelivery("d-1", ignored: "now there is nothing"))

    #expect(second == RecordedDelivery(number: first.number, verdict: .started(runs: [1]), isRepeat: true, repeats: 1))
    #expect(try await fixture.store.queuedRuns(limit: 10).count == 1)
    #expect(try await fixture.store.deliveries(DeliveryFilter(limit: 10)).count == 1)
  }

  @Test("that an id came again is kept with its delivery: how often, and when last")
  func repeatsLeaveATrace() async throws {
    let fixture = try StoreUnderTest()
    _ = try await fixture.store.record(someDelivery("d-1", runs: [try someRequest()]))
    _ = try await fixture.store.record(someDelivery("d-2"))
    #expect(try await fixture.store.record(someDelivery("d-1", at: someDate + 60)).repeats == 1)
    #expect(try await fixture.store.record(someDelivery("d-1", at: someDate + 90)).repeats == 2)

    let delivery = try #require(try await fixture.store.delivery(number: 1))

    #expect(delivery.repeats == 2)
    #expect(delivery.lastRepeatAt == someDate + 90)
    #expect(try await fixture.store.deliveries(DeliveryFilter(limit: 10)).map(\.repeats) == [0, 2])
    #expect(try await fixture.store.delivery(number: 2)?.lastRepeatAt == nil)
  }

  @Test("the same id from another source is another delivery")
  func idsBelongToSources() async throws {
    let fixture = try StoreUnderTest()
    _ = try await fixture.store.record(someDelivery("d-1", source: "github"))

    let other = try await fixture.store.record(someDelivery("d-1", source: "gitea"))

    #expect(!other.isRepeat)
    #expect(other.number == 2)
  }

  @Test("one id sent a hundred times at once starts one run")
  func manyAtOnce() async throws {
    let fixture = try StoreUnderTest()
    let request = try someRequest()

    let answers = try await withThrowingTaskGroup(of: RecordedDelivery.self) { group in
      for _ in 0..<100 { group.addTask { try await fixture.store.record(someDelivery("d-1", runs: [request])) } }
      return try await group.reduce(into: []) { $0.append($1) }
    }

    #expect(answers.filter { !$0.isRepeat }.count == 1)
    #expect(Set(answers.map(\.verdict)) == [.started(runs: [1])])
    #expect(try await fixture.store.queuedRuns(limit: 1000).count == 1)
  }

  @Test("what was recorded is in a copy of the files taken at once, as after a power cut")
  func durable() async throws {
    let fixture = try StoreUnderTest()
    let request = try someRequest()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<200 {
        group.addTask { _ = try await fixture.store.record(someDelivery("d-\(number)", runs: [request])) }
      }
      try await group.waitForAll()
    }

    let copy = try SQLiteStore.open(path: try fixture.copiedFiles())

    #expect(try await copy.deliveries(DeliveryFilter(limit: 1000)).count == 200)
    #expect(try await copy.queuedRuns(limit: 1000).map(\.number) == Array(1...200))
  }

  @Test("the inbox is listed newest first, by source and by page, without bodies")
  func listing() async throws {
    let fixture = try StoreUnderTest()
    for number in 1...6 {
      _ = try await fixture.store.record(someDelivery("d-\(number)", source: number % 2 == 0 ? "even" : "odd"))
    }

    let page = try await fixture.store.deliveries(DeliveryFilter(before: 6, limit: 3))
    let even = try await fixture.store.deliveries(DeliveryFilter(source: "even", limit: 2))

    #expect(page.map(\.number) == [5, 4, 3])
    #expect(page.allSatisfy { $0.body.isEmpty && $0.bodySize == 2 })
    #expect(even.map(\.number) == [6, 4])
    #expect(try await fixture.store.delivery(number: 99) == nil)
  }

  @Test("the inbox is listed by verdict, alone and together with a source")
  func listingByVerdict() async throws {
    let fixture = try StoreUnderTest()
    let request = try someRequest()
    for number in 1...6 {
      let source = number % 2 == 0 ? "even" : "odd"
      _ = try await fixture.store.record(
        someDelivery("d-\(number)", source: source, runs: number > 3 ? [request] : []))
    }
    await fixture.store.recordRejected(someDelivery("bad", source: "even"), reason: "no")

    func numbers(_ filter: DeliveryFilter) async throws -> [Int] {
      try await fixture.store.deliveries(filter).map(\.number)
    }
    #expect(try await numbers(DeliveryFilter(verdict: .started)) == [6, 5, 4])
    #expect(try await numbers(DeliveryFilter(verdict: .ignored, limit: 2)) == [3, 2])
    #expect(try await numbers(DeliveryFilter(verdict: .rejected)) == [7])
    #expect(try await numbers(DeliveryFilter(source: "even", verdict: .started)) == [6, 4])
    #expect(try await numbers(DeliveryFilter(source: "odd", verdict: .rejected)).isEmpty)
  }

  @Test("a replay has the id of what it repeats, queues again, and each knows the other")
  func replay() async throws {
    let fixture = try StoreUnderTest()
    let request = try someRequest()
    _ = try await fixture.store.record(someDelivery("d-1", runs: [request]))
    var again = someDelivery("d-1", runs: [request])
    (again.way, again.replayOf) = (.replay, 1)

    let answers = [try await fixture.store.record(again), try await fixture.store.record(again)]

    #expect(answers.map(\.verdict) == [.started(runs: [2]), .started(runs: [3])])
    #expect(try await fixture.store.delivery(number: 1)?.replays == [2, 3])
    let replay = try #require(try await fixture.store.delivery(number: 3))
    #expect(replay.replayOf == 1)
    #expect(replay.way == .replay)
    #expect(replay.id == "d-1")
    // What the sender sends again is still a repeat of the first.
    let repeated = try await fixture.store.record(someDelivery("d-1"))
    #expect(repeated == RecordedDelivery(number: 1, verdict: .started(runs: [1]), isRepeat: true, repeats: 1))
  }

  @Test("deliveries without an id of the sender's are never repeats of each other")
  func withoutID() async throws {
    let fixture = try StoreUnderTest()

    let first = try await fixture.store.record(someDelivery(nil))
    let second = try await fixture.store.record(someDelivery(nil))

    #expect(!first.isRepeat && !second.isRepeat)
    #expect(Set(try await fixture.store.deliveries(DeliveryFilter()).map(\.id)).count == 2)
  }

  @Test("a refused request is kept without its body and claims no id")
  func rejected() async throws {
    let fixture = try StoreUnderTest()

    await fixture.store.recordRejected(someDelivery("d-1", body: [1, 2, 3]), reason: "no secret fits")
    let genuine = try await fixture.store.record(someDelivery("d-1"))

    #expect(!genuine.isRepeat)
    let inbox = try await fixture.store.deliveries(DeliveryFilter(limit: 10))
    let refused = try #require(inbox.first { $0.verdict == .rejected(reason: "no secret fits") })
    #expect(refused.bodySize == 3)
    #expect(try await fixture.store.delivery(number: refused.number)?.body == [])
  }

  @Test("of refused requests the newest thousand are kept, and of others all")
  func ring() async throws {
    let fixture = try StoreUnderTest()
    _ = try await fixture.store.record(someDelivery("genuine"))

    for number in 1...1200 {
      await fixture.store.recordRejected(someDelivery("bad-\(number)"), reason: "no")
      // Reading writes what waits, so that nothing is dropped here as it would be under a flood.
      if number % 100 == 0 { _ = try await fixture.store.deliveries(DeliveryFilter(limit: 1)) }
    }

    let inbox = try await fixture.store.deliveries(DeliveryFilter(limit: 5000))
    #expect(inbox.filter { $0.verdict.kind == .rejected }.map(\.id) == (201...1200).reversed().map { "bad-\($0)" })
    #expect(inbox.last?.id == "genuine")
  }

  @Test("a flood of refused requests drops the oldest that wait, not memory")
  func flood() async throws {
    let fixture = try StoreUnderTest()

    for number in 1...5000 { await fixture.store.recordRejected(someDelivery("bad-\(number)"), reason: "no") }

    let inbox = try await fixture.store.deliveries(DeliveryFilter(limit: 5000))
    #expect(inbox.first?.id == "bad-5000")
  }
}
