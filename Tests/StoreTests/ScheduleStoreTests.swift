import Foundation
import Model
import Store
import TestSupport
import Testing

@Suite struct ScheduleStoreTests {
  /// As schedules have it, a whole second.
  private let noon = Date(timeIntervalSince1970: 1_795_000_000)
  private let daily = PipelineSchedule(pipeline: "shop", schedule: Schedule(cron: "@daily", timezone: "Europe/Berlin"))
  private let hourly = PipelineSchedule(pipeline: "shop", schedule: Schedule(cron: "@hourly"))

  private func request(_ seconds: TimeInterval) throws -> RunRequest {
    var request = try someRequest()
    request.trigger = .schedule
    request.commit = nil
    request.scheduledFor = noon.addingTimeInterval(seconds)
    return request
  }

  @Test("a time is queued once, also when the store is opened again, and earlier ones are not any more")
  func once() async throws {
    let under = try StoreUnderTest()
    #expect(
      try await under.store.follow([daily], at: noon) == [daily: HandledSchedule(handledUntil: noon)])
    #expect(try await under.store.enqueue(try request(0), of: [daily: noon + 0], at: noon) == nil)
    let run = try #require(try await under.store.enqueue(try request(60), of: [daily: noon + 60], at: noon))
    #expect(run.number == 1 && run.state == .queued)
    #expect(run.request.trigger == .schedule && run.request.scheduledFor == noon.addingTimeInterval(60))
    #expect(try await under.store.enqueue(try request(60), of: [daily: noon + 60], at: noon) == nil)
    #expect(try await under.store.enqueue(try request(30), of: [daily: noon + 30], at: noon) == nil)
    try under.store.close()

    let store = try SQLiteStore.open(path: under.path)
    #expect(try await store.enqueue(try request(60), of: [daily: noon + 60], at: noon) == nil)
    // What is followed already keeps its memory.
    let later = noon.addingTimeInterval(1000)
    let known = try await store.follow([daily, hourly], at: later)
    #expect(known[daily] == HandledSchedule(handledUntil: noon.addingTimeInterval(60), lastRun: 1))
    #expect(known[hourly] == HandledSchedule(handledUntil: later))
    #expect(try await store.queuedRuns(limit: 10).count == 1)
    try store.close()
  }

  @Test("what is no longer followed is forgotten, and begins anew when it comes back")
  func forgetting() async throws {
    let under = try StoreUnderTest()
    let store = under.store
    _ = try await store.follow([daily, hourly], at: noon)
    let other = PipelineSchedule(pipeline: "shop", schedule: Schedule(cron: "@daily", timezone: nil))
    #expect(try await store.follow([hourly, other], at: noon).count == 2)
    #expect(try await store.enqueue(try request(60), of: [daily: noon + 60], at: noon) == nil)
    let later = noon.addingTimeInterval(5000)
    #expect(try await store.follow([daily], at: later) == [daily: HandledSchedule(handledUntil: later)])
    try await store.restart(daily, at: noon)
    #expect(try await store.follow([daily], at: later) == [daily: HandledSchedule(handledUntil: noon)])
  }
}
