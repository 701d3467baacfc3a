public import struct FoundationEssentials.Date

/// One received request: what came in, and what became of it.
public struct Delivery: Sendable, Hashable {
  /// The inbox number, 1, 2, 3, …; given by the store.
  public var number: Int
  public var source: String
  public var way: Way
  /// The sender's own id (`X-GitHub-Delivery`); made up by the agent where the sender has none.
  public var id: String
  /// The sender's word for what happened (`push`, `ping`, …), where it is known.
  public var event: String?
  public var receivedAt: Date
  /// The peer's address, for the operator.
  public var address: String?
  public var headers: Headers
  /// The raw bytes, exactly as received. Empty for rejected deliveries, of which only the size is kept.
  public var body: [UInt8]
  public var bodySize: Int
  public var verdict: Verdict
  /// What each pipeline said, rule by rule.
  public var decisions: [Decision]
  /// The delivery that this one repeats, where `way` is `replay`.
  public var replayOf: Int?
  /// The deliveries that repeat this one, oldest first. Listings leave it out.
  public var replays: [Int]
  /// How often the sender has sent the same id again, without anything coming of it.
  public var repeats: Int
  /// When it did so last.
  public var lastRepeatAt: Date?
  /// Those of its runs that another run took the place of.
  public var superseded: [SupersededRun]

  public init(
    number: Int, source: String, way: Way = .webhook, id: String, event: String?, receivedAt: Date, address: String?,
    headers: Headers, body: [UInt8], bodySize: Int, verdict: Verdict, decisions: [Decision], replayOf: Int? = nil,
    replays: [Int] = [], repeats: Int = 0, lastRepeatAt: Date? = nil, superseded: [SupersededRun] = []
  ) {
    self.number = number
    self.source = source
    self.way = way
    self.id = id
    self.event = event
    self.receivedAt = receivedAt
    self.address = address
    self.headers = headers
    self.body = body
    self.bodySize = bodySize
    self.verdict = verdict
    self.decisions = decisions
    self.replayOf = replayOf
    self.replays = replays
    self.repeats = repeats
    self.lastRepeatAt = lastRepeatAt
    self.superseded = superseded
  }
}

/// A run, and the run that took its place.
public struct SupersededRun: Codable, Hashable, Sendable {
  public var run: Int
  public var by: Int

  public init(run: Int, by: Int) {
    self.run = run
    self.by = by
  }
}
