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

  @Test("errors are followed by 10 s, and twice as long each time, up to 15 minutes; they are news once")
  func backOff() throws {
    var schedule = PollSchedule()
    let rules = someRules([try polling("shop", every: 60)])
    schedule.follow(rules, now: at(0))
    var now = 0.0
    var pauses: [Double] = []
    var news: [Bool] = []
    for round in 0..<9 {
      let error = round < 5 ? "no route" : "no such repository"
      news.append(schedule.failed(shop, error, now: at(now), date: Date(), jitter: 1))
      schedule.follow(rules, now: at(now))
      let next = try #require(schedule.next(besides: []))
      pauses.append(at(now).duration(to: next) / .seconds(1))
      now += pauses[round]
    }
    #expect(pauses == [10, 20, 40, 80, 160, 320, 640, 900, 900])
    #expect(news == [true, false, false, false, false, true, false, false, false])
    #expect(schedule.reports.first?.error == "no such repository")
    let over = schedule.succeeded(shop, for: [], now: at(now), date: Date(), jitter: 1)
    #expect(over == "no such repository")
    #expect(schedule.reports.first?.error == nil)
    let isNews = schedule.failed(shop, "no route", now: at(now), date: Date(), jitter: 1)
    #expect(isNews)
    #expect(schedule.next(besides: []) == at(now + 10))
  }

  @Test("an interval over 15 minutes is where the pauses after errors end; the store's errors never wait that long")
  func longInterval() throws {
    var schedule = PollSchedule()
    schedule.follow(someRules([try polling("shop", every: 3600)]), now: at(0))
    for _ in 1...12 { schedule.failed(shop, "no route", now: at(0), date: Date(), jitter: 1) }
    #expect(schedule.next(besides: []) == at(3600))
    schedule.failed(shop, "the disk is full", isOfStore: true, now: at(0), date: Date(), jitter: 1)
    #expect(schedule.next(besides: []) == at(30))
  }

  @Test("a pipeline without an interval of its own is compared in the usual one, and not at all where there is none")
  func usual() throws {
    var schedule = PollSchedule()
    var rules = someRules([try somePipeline("shop"), try polling("docs", every: 60)])
    rules.compareTips = 600
    schedule.follow(rules, now: at(0))
    #expect(names(schedule, 0) == ["shop", "docs"])
    schedule.succeeded(shop, for: rules.pipelines, now: at(0), date: Date(), jitter: 1)
    #expect(names(schedule, 60) == ["docs"])
    #expect(names(schedule, 595) == ["shop", "docs"])
    #expect(schedule.reports.first?.interval == 60)

    rules.compareTips = 30
    schedule.follow(rules, now: at(70))
    #expect(schedule.due(at(70)) == [shop])
    #expect(names(schedule, 70).contains("shop"))
    rules.compareTips = nil
    schedule.follow(rules, now: at(80))
    #expect(names(schedule, 80) == ["docs"])
  }

  @Test("a pipeline that no push starts is not compared")
  func eventsOnly() throws {
    var pipeline = try somePipeline("shop")
    pipeline.triggers.push = nil
    var rules = someRules([pipeline])
    rules.compareTips = 600
    var schedule = PollSchedule()
    schedule.follow(rules, now: at(0))
    #expect(schedule.reports == [])
  }

  @Test("after a gap everything is asked again, for all pipelines, but nothing sooner than 10 s after the last time")
  func gap() throws {
    var schedule = PollSchedule()
    let pipelines = [try polling("shop", every: 600), try polling("docs", every: 900)]
    schedule.follow(someRules(pipelines), now: at(0))
    schedule.asks(shop, now: at(0))
    schedule.succeeded(shop, for: pipelines, now: at(1), date: Date(), jitter: 1)
    #expect(schedule.isThrough)
    schedule.gap(now: at(4))
    #expect(!schedule.isThrough)
    #expect(schedule.next(besides: []) == at(10))
    #expect(names(schedule, 10) == ["shop", "docs"])
    schedule.asks(shop, now: at(10))
    schedule.succeeded(shop, for: pipelines, began: at(10), now: at(11), date: Date(), jitter: 1)
    #expect(schedule.isThrough)
    #expect(schedule.next(besides: []) == at(611))
    schedule.gap(now: at(100))
    #expect(schedule.due(at(100)) == [shop])
  }

  @Test("what was asked before a gap does not make up for it")
  func gapMeanwhile() throws {
    var schedule = PollSchedule()
    let pipeline = try polling("shop", every: 600)
    schedule.follow(someRules([pipeline]), now: at(0))
    schedule.asks(shop, now: at(0))
    schedule.gap(now: at(1))
    schedule.succeeded(shop, for: [pipeline], began: at(0), now: at(2), date: Date(), jitter: 1)
    #expect(schedule.next(besides: []) == at(10))
    #expect(!schedule.isThrough)
  }

  @Test("a gap brings a repository that fails forward, and its next failure waits as long as ever")
  func gapWhileFailing() throws {
    var schedule = PollSchedule()
    schedule.follow(someRules([try polling("shop", every: 60)]), now: at(0))
    for _ in 1...6 { schedule.failed(shop, "no route", now: at(0), date: Date(), jitter: 1) }
    schedule.asks(shop, now: at(0))
    schedule.gap(now: at(20))
    #expect(schedule.due(at(20)) == [shop])
    schedule.failed(shop, "no route", now: at(20), date: Date(), jitter: 1)
    #expect(schedule.next(besides: []) == at(20 + 640))
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
