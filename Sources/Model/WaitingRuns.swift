/// What waits for one pipeline, repository and ref, oldest first.
public struct WaitingRuns: Hashable, Sendable {
  public struct Entry: Hashable, Sendable {
    public var number: Int
    /// `nil`: the tip that the ref has when the run begins.
    public var commit: CommitID?
    public var mayGoBack: Bool
    /// The inbox number of the delivery that it comes from.
    public var delivery: Int?

    public init(number: Int, commit: CommitID?, mayGoBack: Bool, delivery: Int? = nil) {
      self.delivery = delivery
      self.number = number
      self.commit = commit
      self.mayGoBack = mayGoBack
    }
  }

  /// What the newest means for the others.
  public var mode: Concurrency.Mode
  /// The newest; 0 where nothing waits.
  public var last: Int
  /// The oldest ones, as many as were asked for; empty in mode `queue`, where each has its turn.
  public var entries: [Entry]

  public init(mode: Concurrency.Mode, last: Int, entries: [Entry]) {
    self.mode = mode
    self.last = last
    self.entries = entries
  }

  /// Every one of them is in `entries`.
  public var isWhole: Bool { entries.last.map { $0.number == last } ?? true }
}
