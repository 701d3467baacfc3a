public import FoundationEssentials

/// Bounds on asking for failed deliveries.
public struct RedeliveryLimits: Sendable {
  /// Between two looks at a list in which nothing is to be waited for; ±10 %.
  public var interval: Duration = .seconds(600)
  /// Between two looks, whatever the reason.
  public var shortestPause: Duration = .seconds(10)
  /// After a failure; each further one waits twice as long, up to `longestPause`.
  public var firstPause: Duration = .seconds(30)
  public var longestPause: Duration = .seconds(3600)
  /// What is older cannot be asked for any more.
  public var window: TimeInterval = 3 * 86_400
  /// How far behind the newest delivery of one look the next one begins: GitHub may still have been waiting for answers.
  public var overlap: TimeInterval = 900
  /// How often one delivery is asked for.
  public var attempts = 5
  /// From a failed attempt to the next; each further one waits four times as long.
  public var retryPause: TimeInterval = 15
  /// Between two requests that change something, as GitHub's guide has it.
  public var askPause: Duration = .seconds(1)
  /// In one look.
  public var mostAsked = 200
  public var mostPages = 50
  public var pageSize = 100
  /// For the tips to be compared first.
  public var patience: Duration = .seconds(40)

  public init() {}
}
