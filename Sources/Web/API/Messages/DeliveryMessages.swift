public import Model

public import struct FoundationEssentials.Data
public import struct FoundationEssentials.Date

/// `GET /api/deliveries`: newest first, without headers, bodies and decisions.
public struct DeliveryList: Codable, Sendable {
  public var deliveries: [DeliveryReport]

  public init(deliveries: [DeliveryReport]) { self.deliveries = deliveries }
}

/// A delivery as the API tells it.
public struct DeliveryReport: Codable, Sendable {
  public var number: Int
  public var source: String
  public var way: Way
  public var id: String
  public var event: String?
  public var receivedAt: Date
  public var address: String?
  public var bodySize: Int
  public var verdict: Verdict.Kind
  /// Why, where nothing was started.
  public var reason: String?
  public var runs: [Int]
  /// Those of its runs that another run took the place of; absent where there are none.
  public var superseded: [SupersededRun]?
  /// How often the same id has come again since, without anything coming of it; absent where it has not.
  public var repeats: Int?
  /// When it came again last.
  public var lastRepeatAt: Date?
  /// The delivery that this one repeats.
  public var replayOf: Int?
  /// The deliveries that repeat this one. Only `GET /api/deliveries/{n}` has this and the fields below.
  public var replays: [Int]?
  /// What each pipeline said.
  public var decisions: [Decision]?
  /// With values that could be a secret left out.
  public var headers: Headers?
  /// The body where it is UTF-8.
  public var body: String?
  /// The body where it is not.
  public var bodyBase64: Data?

  /// - Parameter whole: with headers, body and decisions.
  public init(_ delivery: Delivery, whole: Bool) {
    number = delivery.number
    source = delivery.source
    way = delivery.way
    id = delivery.id
    event = delivery.event
    receivedAt = delivery.receivedAt
    address = delivery.address
    bodySize = delivery.bodySize
    verdict = delivery.verdict.kind
    switch delivery.verdict {
    case .started: reason = nil
    case .ignored(let text), .rejected(let text): reason = text
    }
    runs = delivery.verdict.runs
    superseded = delivery.superseded.isEmpty ? nil : delivery.superseded
    repeats = delivery.repeats == 0 ? nil : delivery.repeats
    lastRepeatAt = delivery.lastRepeatAt
    replayOf = delivery.replayOf
    guard whole else { return }
    replays = delivery.replays
    decisions = delivery.decisions
    headers = delivery.headers.withoutSecrets
    if let text = String(validating: delivery.body, as: UTF8.self) {
      body = text
    } else {
      bodyBase64 = Data(delivery.body)
    }
  }
}
