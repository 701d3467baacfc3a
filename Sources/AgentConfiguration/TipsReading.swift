import Model
import Pipelines

/// Reads `compare_tips`: how often the agent looks for pushes that no delivery told of.
enum TipsReading {
  static let usual: Seconds = 600
  private static let shortest: Seconds = 10

  /// `10m`, or `off`.
  /// - Returns: `nil` for `off`, and where there is a mistake.
  static func interval(_ value: Value) -> Seconds? {
    // YAML has more than one word for it.
    if case .scalar(let text, _) = value.node.content, ["off", "false"].contains(text.lowercased()) { return nil }
    guard let interval = value.duration(atMost: 86_400) else { return nil }
    guard interval >= shortest else {
      value.report(
        "`compare_tips` must be at least \(shortest), not \(interval)",
        suggestion: "each time is a question to every repository; for less delay, use webhooks")
      return nil
    }
    return interval
  }
}
