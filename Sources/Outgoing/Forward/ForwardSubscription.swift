import Agent
import AsyncHTTPClient
import Logging
import Model
import NIOCore
import NIOWebSocket

/// Takes a source's deliveries from GitHub's forwarder, until its task is cancelled: has a webhook made, opens the
/// WebSocket that comes with it, answers each delivery, and takes the webhook away at the end.
struct ForwardSubscription {
  let subscription: Subscription
  let hooks: ForwardHooks
  let limits: SubscriptionLimits
  let board: SubscriptionBoard
  let receive: @Sendable (HookRequest) async -> HookAnswer
  let logger: Logger

  /// After so many losses in a row it may be the webhook that is no longer good.
  private static let mostLosses = 3
  /// An agent that stops does not wait longer for GitHub.
  private static let farewell = Duration.seconds(2)

  func run() async {
    var backoff = Backoff(first: limits.firstPause, limit: limits.longestPause)
    var hook: ForwardHook?
    var losses = 0
    while !Task.isCancelled {
      let began = ContinuousClock.now
      let failure: SubscriptionFailure
      do {
        let current: ForwardHook
        if let hook { current = hook } else { current = try await hooks.create() }
        hook = current
        failure = try await follow(current, &hook)
      } catch {
        failure = SubscriptionFailure(error, server: "GitHub's forwarder")
      }
      if Task.isCancelled { break }
      if began.duration(to: .now) >= limits.settled {
        backoff.reset()
        losses = 0
      }
      losses += 1
      if losses >= ForwardSubscription.mostLosses, let old = hook {
        hook = nil
        losses = 0
        await delete(old)
      }
      board.failed(subscription, failure.reason)
      let pause = max(backoff.pause(), failure.rest)
      logger.warning(
        "a forwarder is not connected",
        metadata: [
          "event": "forward_lost", "source": "\(subscription.source)", "reason": "\(failure.reason)",
          "retry_in": "\(Seconds(pause / .seconds(1)))",
        ])
      try? await Task.sleep(for: pause)
    }
    if let hook { await delete(hook) }
  }

  /// One connection, to its end.
  /// - Parameter hook: becomes `nil` where GitHub has ended it in good order: the next connection needs another.
  private func follow(_ current: ForwardHook, _ hook: inout ForwardHook?) async throws -> SubscriptionFailure {
    let (endings, report) = AsyncStream.makeStream(of: ForwardConnection.Ending.self)
    let opening = WebSocketOpening(
      address: current.socket,
      headers: [
        ("Authorization", hooks.forwarding.token.text), ("User-Agent", "pushrod/\(PushrodVersion.current)"),
      ],
      messageLimit: limits.message, timeout: TimeAmount(limits.opening))
    let channel = try await opening.open {
      ForwardConnection(pingInterval: TimeAmount(limits.pingInterval)) { message in
        await answer(message)
      } ended: { ending in
        report.yield(ending)
        report.finish()
      }
    }
    do {
      try await hooks.activate(current)
    } catch {
      try? await channel.close()
      throw error
    }
    board.connected(subscription)
    logger.info(
      "a forwarder is connected",
      metadata: [
        "event": "forward_connected", "source": "\(subscription.source)", "forwarder": "\(current.socket.authority)",
      ])
    let server = "The forwarder \(current.socket.authority)"
    switch await endings.first(where: { _ in true }) {
    case .closed(1000):
      hook = nil
      await delete(current)
      return SubscriptionFailure("\(server) ended the forwarding; another webhook is asked for.")
    case .closed(let code): return SubscriptionFailure("\(server) closed the connection with code \(code).")
    case .lost(let reason):
      return SubscriptionFailure("\(server) was lost: \(reason ?? "the connection broke").")
    case nil:
      await close(channel)
      throw CancellationError()
    }
  }

  private func answer(_ message: [UInt8]) async -> String {
    do {
      let delivery = try ForwardedDelivery(message, bodyLimit: limits.body)
      return ForwardedDelivery.message(
        answering: await receive(
          HookRequest(
            source: subscription.source, way: .forward, headers: delivery.headers, body: delivery.body, address: nil)))
    } catch {
      logger.warning(
        "a forwarder's message came to nothing",
        metadata: [
          "event": "forward_message_unusable", "stage": "receive", "source": "\(subscription.source)",
          "reason": "\(error.reason)",
        ])
      return ForwardedDelivery.message(
        answering: HookAnswer(
          status: 400, body: #"{"error":{"code":"malformed","message":"The delivery could not be read."}}"#))
    }
  }

  /// A message that is being answered comes to its end, but not at any price.
  private func close(_ channel: any Channel) async {
    channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
    let deadline = channel.eventLoop.scheduleTask(in: TimeAmount(ForwardSubscription.farewell / 2)) {
      channel.close(promise: nil)
    }
    try? await channel.closeFuture.get()
    deadline.cancel()
  }

  /// As well as it goes, and also when the agent stops: GitHub itself takes away what nobody listens to.
  private func delete(_ hook: ForwardHook) async {
    let work = Task { [hooks] in try await hooks.delete(hook) }
    let deadline = Task {
      try await Task.sleep(for: ForwardSubscription.farewell)
      work.cancel()
    }
    if case .failure(let error) = await work.result, !Task.isCancelled {
      logger.info(
        "a forwarder's webhook could not be taken away",
        metadata: ["event": "forward_not_deleted", "source": "\(subscription.source)", "error": "\(error)"])
    }
    deadline.cancel()
  }
}
