import Agent
import AsyncHTTPClient
import Logging
import Model
import NIOCore
import TestSupport

@testable import Outgoing

/// A subscription that runs until the end of the test, with pauses of milliseconds where people's are seconds.
final class RunningSubscription: Sendable {
  let receiver: Receiver
  let board = SubscriptionBoard()
  let client = OutgoingClient.make(silence: .seconds(20))
  private let task: Task<Void, Never>

  private init(
    _ subscription: Subscription, _ receiver: Receiver,
    run: @escaping @Sendable (SubscriptionBoard, HTTPClient) async -> Void
  ) {
    self.receiver = receiver
    board.began(subscription)
    task = Task { [board, client] in await run(board, client) }
  }

  static func limits(body: Int = 1 << 20) -> SubscriptionLimits {
    var limits = SubscriptionLimits(body: body)
    limits.firstPause = .milliseconds(2)
    limits.longestPause = .milliseconds(20)
    limits.retries = [.milliseconds(1), .milliseconds(1)]
    return limits
  }

  static func relay(
    _ url: String, _ receiver: Receiver = Receiver(), limits: SubscriptionLimits = RunningSubscription.limits()
  ) throws -> RunningSubscription {
    guard let address = WebAddress(url) else { throw CommandFailure("\(url) is no address") }
    let subscription = Subscription(source: "shop", at: .relay(address))
    return RunningSubscription(subscription, receiver) { board, client in
      await RelaySubscription(
        subscription: subscription, address: address, client: client, limits: limits, board: board,
        receive: { receiver.receive($0) }, logger: .silent
      ).run()
    }
  }

  static func forward(
    _ api: String, _ receiver: Receiver = Receiver(), limits: SubscriptionLimits = RunningSubscription.limits()
  ) throws -> RunningSubscription {
    guard let address = WebAddress(api) else { throw CommandFailure("\(api) is no address") }
    let forwarding = Forwarding(
      repository: "acme/shop", token: Secret("t0ken"), events: ["push"], api: address, secret: Secret("s3cret"))
    let subscription = Subscription(source: "shop", at: .forward(forwarding))
    return RunningSubscription(subscription, receiver) { board, client in
      await ForwardSubscription(
        subscription: subscription, hooks: ForwardHooks(forwarding: forwarding, client: client), limits: limits,
        board: board, receive: { receiver.receive($0) }, logger: .silent
      ).run()
    }
  }

  var status: SubscriptionStatus? { board.all.first }
  var lastError: String { status?.lastError ?? "" }

  /// Waits until the last error says so.
  func failed(with words: String) async throws {
    do {
      try await eventually("an error with `\(words)`") { lastError.contains(words) }
    } catch {
      throw CommandFailure("the last error is not about `\(words)`, but: \(lastError)")
    }
  }

  /// As when the agent stops or the source is taken out of the configuration.
  func end() async throws {
    task.cancel()
    await task.value
    try await client.shutdown()
  }
}

extension Logger {
  static var silent: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }
}
