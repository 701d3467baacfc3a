public import struct FoundationEssentials.Date

/// A delivery that was verified and matched, on its way into the store.
public struct NewDelivery: Sendable {
  public var source: String
  public var way: Way
  public var id: String
  public var event: String?
  public var receivedAt: Date
  public var address: String?
  public var headers: Headers
  public var body: [UInt8]
  /// Why nothing starts; used where `runs` is empty.
  public var ignored: String?
  public var decisions: [Decision]
  /// The runs to queue, in this order, in the same transaction.
  public var runs: [RunRequest]
  /// The delivery that a person had repeated; its id counts for nothing then.
  public var replayOf: Int?

  public init(
    source: String, way: Way = .webhook, id: String, event: String?, receivedAt: Date, address: String?,
    headers: Headers, body: [UInt8], ignored: String?, decisions: [Decision], runs: [RunRequest],
    replayOf: Int? = nil
  ) {
    self.source = source
    self.way = way
    self.id = id
    self.event = event
    self.receivedAt = receivedAt
    self.address = address
    self.headers = headers
    self.body = body
    self.ignored = ignored
    self.decisions = decisions
    self.runs = runs
    self.replayOf = replayOf
  }
}

/// What the store made of a delivery.
public struct RecordedDelivery: Sendable, Hashable {
  public var number: Int
  public var verdict: Verdict
  /// The id was accepted before: this is the first answer again, and nothing new was queued.
  public var isRepeat: Bool

  public init(number: Int, verdict: Verdict, isRepeat: Bool) {
    self.number = number
    self.verdict = verdict
    self.isRepeat = isRepeat
  }
}

/// The inbox.
public protocol DeliveryStore: Sendable {
  /// Records the delivery, its verdict and its queued runs in one transaction.
  ///
  /// When this returns, all of it is durable (fsync). Deliveries that wait at the same time share a commit.
  /// A second delivery with the same source and id changes nothing and gets the first one's verdict, unless it is a
  /// replay.
  /// - Throws: `StoreFailure`; nothing is recorded then.
  func record(_ delivery: NewDelivery) async throws -> RecordedDelivery

  /// Keeps a note of a refused request (no body). Never waits for the disk and never throws: the newest
  /// thousand are kept, and under a flood the oldest of those that wait are dropped.
  func recordRejected(_ delivery: NewDelivery, reason: String) async

  /// Newest first, without bodies. `before` is an inbox number.
  func deliveries(source: String?, before: Int?, limit: Int) async throws -> [Delivery]

  /// With body.
  func delivery(number: Int) async throws -> Delivery?
}

/// The store could not do its work; the sender is told to come back (503).
public struct StoreFailure: Error, Sendable, CustomStringConvertible {
  /// For the operator's log. Holds no SQL arguments.
  public let description: String

  public init(_ description: String) { self.description = description }
}
