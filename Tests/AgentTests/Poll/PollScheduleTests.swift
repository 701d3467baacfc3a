import Foundation
import Model
import Testing

@testable import Agent

@Suite struct PollScheduleTests {
  private let start = ContinuousClock.now
  private let shop = "https://github.com/acme/shop.git"

  private func at(_ seconds: Double) -> ContinuousClock.Instant { start + .seconds(seconds) }

  private func polling(_ name: String, every seconds: Double, branches: [String] = ["main"], repository: String? = nil)
    throws -> Pipeline
  {
    var pipeline = try somePipeline(name, branches: branches, repository: repository)
    pipeline.triggers.poll = Seconds(seconds)
    return pipeline
  }

  private func names(_ schedule: PollSchedule, _ seconds: Double) -> [String] {
    schedule.pipelines(of: shop, at(seconds)).map(\.name)
  }

  @Test("a repository is asked at once, and then in its interval, stretched by the jitter")
  func interval() throws {
    var schedule = PollSchedule()
    let rules = someRules([try polling("shop", every: 60), try somePipeline("silent")])
    schedule.follow(rules, now: at(0))
    #expect(schedule.due(at(0)) == [shop])
    #expect(names(schedule, 0) == ["shop"])
    schedule.succeeded(shop, for: [try polling("shop", every: 60)], now: at(1), date: Date(), jitter: 1.0625)
    schedule.follow(rules, now: at(2))
    #expect(schedule.due(at(64.5)) == [])
    #expect(schedule.due(at(64.75)) == [shop])
    #expect(schedule.next(besides: []) == at(64.75))
  }

  @Test("the shortest interval counts for asking, and each pipeline is served in its own")
  func several() throws {
    var schedule = PollSchedule()
    schedule.follow(someRules([try polling("fast", every: 60), try polling("slow", every: 150)]), now: at(0))
    var served: [[String]] = []
    var now = 0.0
    for jitter in [0.9375, 1.0625, 1, 1, 1] {
      #expect(schedule.due(at(now)) == [shop])
      let pipelines = schedule.pipelines(of: shop, at(now))
      served.append(pipelines.map(\.name))
      schedule.succeeded(shop, for: pipelines, now: at(now), date: Date(), jitter: jitter)
      now += 60 * jitter
    }
    #expect(served == [["fast", "slow"], ["fast"], ["fast"], ["fast", "slow"], ["fast"]])
  }

  @Test("a new pipeline, and one that watches something else, is asked for at once; one that is gone is not")
  func reloads() throws {
    var schedule = PollSchedule()
    let first = try polling("shop", every: 600)
    schedule.follow(someRules([first]), now: at(0))
    schedule.succeeded(shop, for: [first], now: at(0), date: Date(), jitter: 1)

    schedule.follow(someRules([first, try polling("docs", every: 900)]), now: at(10))
    #expect(schedule.due(at(10)) == [shop])
    #expect(names(schedule, 10).contains("docs"))
    schedule.succeeded(shop, for: schedule.pipelines(of: shop, at(10)), now: at(10), date: Date(), jitter: 1)
    #expect(schedule.due(at(20)) == [])

    schedule.follow(someRules([try polling("shop", every: 600, branches: ["**"])]), now: at(20))
    #expect(schedule.due(at(20)) == [shop])
    schedule.follow(someRules([try somePipeline("shop")]), now: at(30))
    #expect(schedule.due(at(10_000)) == [])
    #expect(schedule.reports == [])
  }

  @Test("a pipeline that came while the question was on its way does not wait an interval")
  func meanwhile() throws {
    var schedule = PollSchedule()
    let (shop, docs) = (try polling("shop", every: 600), try polling("docs", every: 600))
    schedule.follow(someRules([shop]), now: at(0))
    schedule.follow(someRules([shop, docs]), now: at(1))
    schedule.succeeded(self.shop, for: [shop], now: at(2), date: Date(), jitter: 1)
    #expect(schedule.due(at(2)) == [self.shop])
  }

  @Test("errors double the pause up to 15 minutes, are news once, and are over with the first answer")
  func backOff() throws {
    var schedule = PollSchedule()
    let rules = someRules([try polling("shop", every: 60)])
    schedule.follow(rules, now: at(0))
    var now = 0.0
    var pauses: [Double] = []
    var news: [Bool] = []
    for round in 0..<7 {
      let error = round < 5 ? "no route" : "no such repository"
      news.append(schedule.failed(shop, error, now: at(now), date: Date(), jitter: 1))
      schedule.follow(rules, now: at(now))
      let next = try #require(schedule.next(besides: []))
      pauses.append(at(now).duration(to: next) / .seconds(1))
      now += pauses[round]
    }
    #expect(pauses == [60, 120, 240, 480, 900, 900, 900])
    #expect(news == [true, false, false, false, false, true, false])
    #expect(schedule.reports.first?.error == "no such repository")
    let over = schedule.succeeded(shop, for: [], now: at(now), date: Date(), jitter: 1)
    #expect(over == "no such repository")
    #expect(schedule.reports.first?.error == nil)
    let isNews = schedule.failed(shop, "no route", now: at(now), date: Date(), jitter: 1)
    #expect(isNews)
    #expect(schedule.next(besides: []) == at(now + 60))
  }

  @Test("an interval over 15 minutes stays what it is when there are errors")
  func longInterval() throws {
    var schedule = PollSchedule()
    schedule.follow(someRules([try polling("shop", every: 3600)]), now: at(0))
    for _ in 1...3 { schedule.failed(shop, "no route", now: at(0), date: Date(), jitter: 1) }
    #expect(schedule.next(besides: []) == at(3600))
  }

  @Test("new credentials are tried at once where the old ones failed")
  func credentials() throws {
    var schedule = PollSchedule()
    let other = "https://github.com/acme/docs.git"
    var rules = someRules([try polling("shop", every: 60), try polling("docs", every: 60, repository: other)])
    schedule.follow(rules, now: at(0))
    schedule.failed(shop, "it asks for credentials", now: at(0), date: Date(), jitter: 1)
    schedule.succeeded(other, for: rules.pipelines, now: at(0), date: Date(), jitter: 1)
    rules.credentials = [RepositoryCredential(pattern: "*", access: .token("t"))]
    schedule.follow(rules, now: at(5))
    #expect(schedule.due(at(5)) == [shop])
  }
}
