import Agent
import AsyncHTTPClient
import Logging
import Model
import NIOCore
import NIOHTTP1

/// Takes a source's deliveries from the event stream of a relay, one after the other, until its task is cancelled.
struct RelaySubscription {
  let subscription: Subscription
  let address: WebAddress
  let client: HTTPClient
  let limits: SubscriptionLimits
  let board: SubscriptionBoard
  let receive: @Sendable (HookRequest) async -> HookAnswer
  let logger: Logger

  /// So many events in a row that make no sense are no accident; a pause spares the log.
  private static let mostUnusable = 20

  func run() async {
    var backoff = Backoff(first: limits.firstPause, limit: limits.longestPause)
    var position: String?
    while !Task.isCancelled {
      let began = ContinuousClock.now
      var stream = EventStream(limit: limits.message)
      let failure: SubscriptionFailure
      do {
        try await follow(&stream, &position)
        failure = SubscriptionFailure("The relay \(address.authority) ended the stream.")
      } catch {
        failure = SubscriptionFailure(error, server: "The relay \(address.authority)")
      }
      if Task.isCancelled { return }
      if began.duration(to: .now) >= limits.settled { backoff.reset() }
      board.failed(subscription, failure.reason)
      let wish = min(stream.retry ?? .zero, limits.longestPause)
      let pause = max(backoff.pause(), wish, failure.rest)
      logger.warning(
        "a relay is not connected",
        metadata: [
          "event": "relay_lost", "source": "\(subscription.source)", "reason": "\(failure.reason)",
          "retry_in": "\(Seconds(pause / .seconds(1)))",
        ])
      try? await Task.sleep(for: pause)
    }
  }

  /// One connection, to its end.
  private func follow(_ stream: inout EventStream, _ position: inout String?) async throws {
    let response = try await client.execute(request(after: position), deadline: .distantFuture)
    if response.status == .badRequest, position != nil {
      // gosmee refuses an id that is none of its own, as after a change of its store.
      position = nil
      throw SubscriptionFailure("The relay \(address.authority) does not know the last event; it is asked without it.")
    }
    try check(response)
    board.connected(subscription)
    logger.info(
      "a relay is connected",
      metadata: [
        "event": "relay_connected", "source": "\(subscription.source)", "relay": "\(address.authority)",
      ])
    var eventBegan: ContinuousClock.Instant?
    var unusable = 0
    for try await bytes in response.body {
      for message in stream.read(bytes) {
        eventBegan = nil
        if try await take(message) { unusable = 0 } else { unusable += 1 }
        guard unusable < RelaySubscription.mostUnusable else {
          throw SubscriptionFailure(
            "The relay \(address.authority) sends events that are no deliveries; is the channel used for something else?",
            rest: SubscriptionFailure.restForPeople)
        }
        // Only now: an event that could not be recorded is asked for again.
        position = message.id
      }
      guard stream.isInsideEvent else {
        eventBegan = nil
        continue
      }
      let began = eventBegan ?? .now
      eventBegan = began
      guard began.duration(to: .now) < limits.eventTime else {
        throw SubscriptionFailure("The relay \(address.authority) did not come to the end of an event.")
      }
    }
  }

  private func request(after position: String?) -> HTTPClientRequest {
    var request = HTTPClientRequest(url: address.description)
    request.headers.add(name: "Accept", value: "text/event-stream")
    request.headers.add(name: "Cache-Control", value: "no-store")
    request.headers.add(name: "User-Agent", value: "pushrod/\(PushrodVersion.current)")
    // It came from outside and goes into a header.
    if let position, (1...256).contains(position.utf8.count),
      position.utf8.allSatisfy({ (0x21...0x7e).contains($0) })
    {
      request.headers.add(name: "Last-Event-ID", value: position)
    }
    return request
  }

  private func check(_ response: HTTPClientResponse) throws {
    let who = "The relay \(address.authority)"
    let rest = SubscriptionFailure.restForPeople
    switch response.status.code {
    case 200: break
    case 300..<400:
      let target = response.headers.first(name: "location").map { " to \($0.quotable())" } ?? ""
      throw SubscriptionFailure(
        "\(who) redirects\(target), and redirects are not followed; write the final address as `relay`.", rest: rest)
    case 429, 500..<600:
      let wait = response.headers.first(name: "retry-after").flatMap { Int($0) }.map { min(max(0, $0), 3600) }
      throw SubscriptionFailure("\(who) answered \(response.status.code).", rest: .seconds(wait ?? 0))
    default:
      throw SubscriptionFailure(
        "\(who) answered \(response.status.code); is the channel's address right?", rest: rest)
    }
    let type = response.headers.first(name: "content-type") ?? "nothing"
    guard type.lowercased().hasPrefix("text/event-stream") else {
      throw SubscriptionFailure(
        "\(who) answered with \(type.quotable(limit: 100)) and not with an event stream; "
          + "a gosmee server has it at /events/CHANNEL.", rest: rest)
    }
  }

  // MARK: Events

  /// - Returns: whether the event made sense.
  /// - Throws: `SubscriptionFailure`: the agent could not record it.
  private func take(_ message: EventStream.Message) async throws -> Bool {
    guard !message.isTooLarge else {
      complain("an event was larger than \(limits.message) bytes", message)
      return false
    }
    guard message.event == "message" else {
      // `ready` and `ping`, and names that a later relay may think of.
      if message.event == "gosmee-gap" { complain("the relay no longer has all events since the last one", message) }
      return true
    }
    do {
      if let delivery = try RelayedDelivery(message.data, bodyLimit: limits.body) {
        try await handOver(delivery, message)
      }
      return true
    } catch let error as UnusableDelivery {
      complain("an event could not be read: \(error.reason)", message)
      return false
    }
  }

  /// The relay cannot be asked to send the delivery again, so it is not let go at the first refusal.
  private func handOver(_ delivery: RelayedDelivery, _ message: EventStream.Message) async throws {
    let request = HookRequest(
      source: subscription.source, way: .relay, query: delivery.query, headers: delivery.headers, body: delivery.body,
      address: nil, isRewritten: delivery.isRewritten)
    var answer = await receive(request)
    for pause in limits.retries where answer.isRefusedForNow {
      try await Task.sleep(for: pause)
      answer = await receive(request)
    }
    guard answer.isRefusedForNow else { return }
    logger.error(
      "a relayed delivery could not be recorded; unless the relay has it still, it is lost",
      metadata: [
        "event": "relayed_delivery_lost", "stage": "receive", "source": "\(subscription.source)",
        "status": "\(answer.status)",
        "event_id": "\(message.id?.quotable() ?? "-")", "attempts": "\(limits.retries.count + 1)",
      ])
    throw SubscriptionFailure(
      "A delivery could not be recorded (status \(answer.status)); the agent's log says why.", rest: .seconds(30))
  }

  private func complain(_ text: String, _ message: EventStream.Message) {
    logger.warning(
      "a relay's event came to nothing",
      metadata: [
        "event": "relay_event_unusable", "stage": "receive", "source": "\(subscription.source)", "reason": "\(text)",
        "event_id": "\(message.id?.quotable() ?? "-")",
      ])
  }
}

extension HookAnswer {
  /// The agent may be able to take the same delivery a moment later.
  fileprivate var isRefusedForNow: Bool { status == 503 || status == 429 }
}
