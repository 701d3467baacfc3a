import Foundation
import Logging
import Model
import Store
import Synchronization
import TestSupport

@testable import Agent

/// A poller with the real store and the real intake; only the remote and the clock are the test's.
struct PollFixture {
  let agent: AgentUnderTest
  let remote = RemoteStandIn()
  let clock = ManualClock()
  let log = LogLines()
  let poller: Poller
  let gaps = Gaps()
  let lateness = Lateness()

  init(_ rules: Ruleset, folder: TemporaryDirectory? = nil) throws {
    agent = try AgentUnderTest(rules, folder: folder, gaps: gaps, lateness: lateness)
    poller = Poller(
      store: agent.store, rules: agent.rules, ask: remote.ask,
      runsWereQueued: { [dispatcher = agent.dispatcher] in
        dispatcher.wake()
      }, gaps: gaps, lateness: lateness, timing: clock.timing(), logger: log.logger)
  }

  /// Lets time pass, and the poller do what is due then.
  func pass(_ seconds: Double = 60) async {
    clock.advance(seconds)
    await poller.turn()
    await poller.settle()
  }

  func runs() async throws -> [Run] { try await agent.store.runs(RunFilter()).reversed() }

  func deliveries() async throws -> [Delivery] {
    try await agent.store.deliveries(DeliveryFilter(limit: 100)).reversed()
  }

  /// GitHub tells of a push from `otherCommit` to `someCommit`.
  func webhook(id: String = UUID().uuidString, branch: String = "main") async throws -> HookAnswer {
    await agent.agent.receive(try signedPush(id: id, branch: branch))
  }
}

/// The `event` of every line, in order of their names.
final class LogLines: Sendable {
  private let lines = Mutex<[String]>([])

  var events: [String] { lines.withLock { $0.sorted() } }

  var logger: Logger { Logger(label: "test") { [self] _ in Handler(lines: self) } }

  private struct Handler: LogHandler {
    let lines: LogLines
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      lines.lines.withLock { $0.append(event.metadata?["event"].map { "\($0)" } ?? "") }
    }
  }
}
