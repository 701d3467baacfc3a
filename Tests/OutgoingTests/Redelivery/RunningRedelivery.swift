import Agent
import AsyncHTTPClient
import Foundation
import Logging
import Model
import Synchronization
import TestSupport

@testable import Outgoing

/// A watch over a webhook until the end of the test, with pauses of milliseconds where people's are minutes.
final class RunningRedelivery: Sendable {
  let github: HookDeliveryServer
  let gaps = Gaps()
  let lateness = Lateness()
  let board = RedeliveryBoard()
  let store: AcceptedStandIn
  let log = EventLog()
  private let client = OutgoingClient.make()
  private let task: Task<Void, Never>

  static func limits() -> RedeliveryLimits {
    var limits = RedeliveryLimits()
    limits.interval = .seconds(3600)
    limits.shortestPause = .milliseconds(2)
    limits.firstPause = .milliseconds(2)
    limits.longestPause = .milliseconds(20)
    limits.askPause = .milliseconds(1)
    limits.retryPause = 0
    limits.patience = .milliseconds(1)
    return limits
  }

  /// - Parameter api: instead of the server's own address.
  init(
    _ github: HookDeliveryServer, limits: RedeliveryLimits = RunningRedelivery.limits(), hook: Int? = nil,
    address: String = "https://deploy.example.org/webhook/github", api: String? = nil, token: String = "t0ken",
    store: AcceptedStandIn = AcceptedStandIn(), isCompared: @escaping @Sendable () async -> Bool = { true }
  ) throws {
    guard let api = WebAddress(api ?? github.api) else { throw CommandFailure("no address") }
    self.github = github
    self.store = store
    let round = RedeliveryRound(
      source: "github", hookAddress: WebAddress(address),
      api: HookAPI(
        Redelivery(repository: "acme/shop", token: Secret(token), api: api, hook: hook), client: client),
      limits: limits, accepted: store, canRecord: { [store] in store.canRecord }, lateness: lateness,
      logger: log.logger)
    let watch = RedeliveryWatch(round, gaps: gaps, board: board, isCompared: isCompared)
    task = Task { await watch.run() }
  }

  var status: RedeliveryStatus? { board.all.first }

  func lookedAt() async throws {
    try await eventually("the list was read") { status?.lookedAt != nil }
  }

  func failed(with words: String) async throws {
    do {
      try await eventually("an error with `\(words)`") { status?.error?.contains(words) == true }
    } catch {
      throw CommandFailure("the error is not about `\(words)`, but: \(status?.error ?? "none")")
    }
  }

  func end() async throws {
    task.cancel()
    await task.value
    try await client.shutdown()
  }
}

/// What the store would say.
final class AcceptedStandIn: AcceptedDeliveries {
  private let state = Mutex<(accepted: Set<String>, error: String?, canRecord: Bool)>(([], nil, true))

  func accept(_ id: String) { state.withLock { _ = $0.accepted.insert(id) } }
  func fail(_ error: String?) { state.withLock { $0.error = error } }
  var canRecord: Bool {
    get { state.withLock { $0.canRecord } }
    set { state.withLock { $0.canRecord = newValue } }
  }

  func isAccepted(_ id: String, from source: String) async throws -> Bool {
    try state.withLock { state in
      if let error = state.error { throw StoreFailure(error) }
      return source == "github" && state.accepted.contains(id)
    }
  }
}

/// The `event` of every line of the log, in order.
final class EventLog: Sendable {
  private let lines = Mutex<[String]>([])

  var events: [String] { lines.withLock { $0 } }
  func count(_ event: String) -> Int { events.filter { $0 == event }.count }
  var logger: Logger { Logger(label: "test") { [self] _ in Handler(log: self) } }

  private struct Handler: LogHandler {
    let log: EventLog
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { log.lines.withLock { $0.append(event.metadata?["event"].map { "\($0)" } ?? "") } }
  }
}
