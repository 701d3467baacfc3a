public import Agent
import AsyncHTTPClient
public import Logging
import NIOCore
public import ServiceLifecycle

/// Keeps every configured subscription connected, and follows reloads: what is new is begun, what is gone is ended.
public struct Subscriptions: Service {
  private let rules: RulesInForce
  private let board: SubscriptionBoard
  private let limits: SubscriptionLimits
  private let receive: @Sendable (HookRequest) async -> HookAnswer
  private let logger: Logger

  /// - Parameters:
  ///   - board: where each connection writes how it is.
  ///   - receive: the agent; it decides what becomes of a delivery.
  public init(
    rules: RulesInForce, board: SubscriptionBoard, limits: SubscriptionLimits, logger: Logger,
    receive: @escaping @Sendable (HookRequest) async -> HookAnswer
  ) {
    self.rules = rules
    self.board = board
    self.limits = limits
    self.receive = receive
    self.logger = logger
  }

  public func run() async throws {
    let streams = OutgoingClient.make(silence: .nanoseconds(Int64(limits.silence / .nanoseconds(1))))
    let requests = OutgoingClient.make()
    await cancelWhenGracefulShutdown { await follow(streams: streams, requests: requests) }
    try await streams.shutdown()
    try await requests.shutdown()
  }

  private func follow(streams: HTTPClient, requests: HTTPClient) async {
    var running: [Subscription: Task<Void, Never>] = [:]
    while !Task.isCancelled {
      let wanted = rules.current.subscriptions
      // The old one first: GitHub allows one forwarder for a repository.
      for subscription in running.keys where !wanted.contains(subscription) {
        await end([running.removeValue(forKey: subscription)])
        board.ended(subscription)
      }
      for subscription in wanted where running[subscription] == nil {
        board.began(subscription)
        running[subscription] = Task { await connect(subscription, streams: streams, requests: requests) }
      }
      // Comparing two small sets is cheaper than a way to tell everybody of a reload.
      try? await Task.sleep(for: .seconds(1))
    }
    await end(Array(running.values))
  }

  private func end(_ tasks: [Task<Void, Never>?]) async {
    for task in tasks { task?.cancel() }
    for task in tasks { await task?.value }
  }

  private func connect(_ subscription: Subscription, streams: HTTPClient, requests: HTTPClient) async {
    switch subscription.address {
    case .relay(let address):
      await RelaySubscription(
        subscription: subscription, address: address, client: streams, limits: limits, board: board, receive: receive,
        logger: logger
      ).run()
    case .forward(let forwarding):
      await ForwardSubscription(
        subscription: subscription, hooks: ForwardHooks(forwarding: forwarding, client: requests), limits: limits,
        board: board, receive: receive, logger: logger
      ).run()
    }
  }
}
