/// What the holder of a token may do. Each scope includes the ones before it.
public enum Scope: String, Codable, Sendable, CaseIterable, Comparable {
  /// See runs, logs, deliveries and the agent's state.
  case read
  /// Start, cancel, rerun and replay as well.
  case run
  /// Everything: tokens, the audit log, reloading, draining.
  case admin

  public static func < (left: Scope, right: Scope) -> Bool { left.rank < right.rank }

  private var rank: Int {
    switch self {
    case .read: 0
    case .run: 1
    case .admin: 2
    }
  }
}
