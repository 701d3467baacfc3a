public import struct FoundationEssentials.Date

/// A delivery that was verified and matched, on its way into the store.
public struct NewDelivery: Sendable {
  public var source: String
  public var way: Way
  /// The sender's own id, under which it is accepted once; `nil` where there is none, and the store makes one up.
  public var id: String?
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
  /// Where the refs of the delivery's pushes now stand, for each pipeline that watches them.
  public var moves: [RefMove]
  /// The delivery that a person had repeated; its id counts for nothing then.
  public var replayOf: Int?
  /// What a person did to have it recorded: written in the same transaction, with the delivery's number as its detail.
  public var audit: AuditedAct?

  public init(
    source: String, way: Way = .webhook, id: String?, event: String?, receivedAt: Date, address: String?,
    headers: Headers, body: [UInt8], ignored: String?, decisions: [Decision], runs: [RunRequest],
    moves: [RefMove] = [], replayOf: Int? = nil, audit: AuditedAct? = nil
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
    self.moves = moves
    self.replayOf = replayOf
    self.audit = audit
  }
}

/// What the store made of a delivery.
public struct RecordedDelivery: Sendable, Hashable {
  /// Where the id was accepted before, the number that it had then.
  public var number: Int
  public var verdict: Verdict
  /// The id was accepted before: this is the first verdict again, and nothing new was queued. Where the delivery is
  /// no longer in the inbox, the verdict is `ignored`, and says so.
  public var isRepeat: Bool
  /// How often the id has come again by now.
  public var repeats: Int
  /// A push in it was taken for one that had been found by comparing tips before. The ref may have gone back to that
  /// commit instead, which the next look at the repository shows.
  public var isDoubtful: Bool

  public init(number: Int, verdict: Verdict, isRepeat: Bool, repeats: Int = 0, isDoubtful: Bool = false) {
    self.number = number
    self.verdict = verdict
    self.isRepeat = isRepeat
    self.repeats = repeats
    self.isDoubtful = isDoubtful
  }
}

/// The inbox.
public protocol DeliveryStore: Sendable {
  /// Records the delivery, its verdict and its queued runs in one transaction.
  ///
  /// When this returns, all of it is durable (fsync). Deliveries that wait at the same time share a commit.
  /// A second delivery with the same source and id starts nothing and gets the first one's verdict, unless it is a
  /// replay; that it came is counted with the first one. An id stays known when its delivery has been pruned.
  ///
  /// With the delivery, its `moves` are remembered. A run of a commit that the same pipeline was already told of for
  /// the same ref, by a delivery of another source, is not queued again; where no run is left, the verdict says so.
  /// A replay neither remembers nor minds any of this.
  /// - Throws: `StoreFailure`; nothing is recorded then.
  func record(_ delivery: NewDelivery) async throws -> RecordedDelivery

  /// Keeps a note of a refused request (no body). Never waits for the disk and never throws: the newest
  /// thousand are kept, and under a flood the oldest of those that wait are dropped.
  func recordRejected(_ delivery: NewDelivery, reason: String) async

  /// Newest first, without bodies.
  func deliveries(_ filter: DeliveryFilter) async throws -> [Delivery]

  /// With body and replays.
  func delivery(number: Int) async throws -> Delivery?
}

/// `nil` matches everything.
public struct DeliveryFilter: Hashable, Sendable {
  public var source: String?
  public var verdict: Verdict.Kind?
  /// An inbox number.
  public var before: Int?
  public var limit: Int

  public init(source: String? = nil, verdict: Verdict.Kind? = nil, before: Int? = nil, limit: Int = 50) {
    self.source = source
    self.verdict = verdict
    self.before = before
    self.limit = limit
  }
}

/// The store could not do its work; the sender is told to come back (503).
public struct StoreFailure: Error, Sendable, CustomStringConvertible {
  /// For the operator's log. Holds no SQL arguments.
  public let description: String
  /// The store itself tells of the cause, once (`StoreCondition`), so who gets this need not tell of it each time.
  public let isAnnounced: Bool

  public init(_ description: String, isAnnounced: Bool = false) {
    self.description = description
    self.isAnnounced = isAnnounced
  }
}
