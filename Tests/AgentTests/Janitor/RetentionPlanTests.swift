import Foundation
import Model
import Testing

@testable import Agent

@Suite("Which runs are kept") struct RetentionPlanTests {
  private let now = Date(timeIntervalSince1970: 1_795_000_000)

  /// Runs 1, 2, 3, … of `shop`, one a day, the last one today.
  private func runs(_ states: [RunState], pipeline: String = "shop", from first: Int = 1) -> [StoredRun] {
    states.enumerated().map { place, state in
      let days = Double(states.count - 1 - place)
      return StoredRun(
        number: first + place, pipeline: pipeline, state: state,
        finishedAt: state.isFinal ? now.addingTimeInterval(-days * 86_400) : nil)
    }
  }

  private func doomed(
    _ runs: [StoredRun], _ retention: RunRetention = RunRetention(size: .max), needed: Set<Int> = [],
    total: Int = .max, size: @escaping (Int) -> Int = { _ in 10 }
  ) -> [Int] {
    RetentionPlan(runs: runs, needed: needed, retention: { _ in retention }, totalSize: total, size: size)
      .doomed(at: now)
  }

  @Test("the newest of each pipeline stay, by number")
  func count() {
    let shop = runs([.succeeded, .failed, .succeeded, .succeeded])
    let all = shop + runs([.failed, .succeeded], pipeline: "docs", from: 5)
    #expect(doomed(all, RunRetention(runs: 2, size: .max)) == [1, 2])
    #expect(doomed(all, RunRetention(runs: 1, size: .max)) == [1, 2, 3, 5])
  }

  @Test("runs go when they are old")
  func age() {
    let all = runs([RunState](repeating: .succeeded, count: 6))
    #expect(doomed(all, RunRetention(days: 2, size: .max)) == [1, 2, 3])
  }

  @Test("the oldest go until the rest fits, in one pipeline and over all of them")
  func size() {
    let all = runs([RunState](repeating: .succeeded, count: 4))
    #expect(doomed(all, RunRetention(size: 25)) == [1, 2])
    #expect(doomed(all, RunRetention(size: 0)) == [1, 2, 3])
    let two = all + runs([RunState](repeating: .succeeded, count: 3), pipeline: "docs", from: 5)
    #expect(doomed(two, total: 45) == [1, 2, 3])
    #expect(doomed(two, total: 0) == [1, 2, 3, 5, 6])
    #expect(doomed(all, RunRetention(size: 25), size: { $0 == 2 ? 100 : 1 }) == [1, 2])
  }

  @Test("the latest, the latest success, what is needed and what has not ended stay, whatever the bounds say")
  func keepers() {
    let all = runs([.succeeded, .succeeded, .failed, .running, .failed, .queued, .failed])
    let least = RunRetention(runs: 1, days: 1, size: 0)
    #expect(doomed(all, least) == [1, 3, 5])
    #expect(doomed(all, least, needed: [3]) == [1, 5])
    #expect(doomed(runs([.failed, .cancelled]), least) == [1])
    #expect(doomed(runs([.superseded]), least) == [])
    #expect(doomed([], least) == [])
  }
}
