import Synchronization

/// So many bytes for all together.
public final class ByteBudget: Sendable {
  private let limit: Int
  private let used = Atomic<Int>(0)

  public init(_ limit: Int) { self.limit = limit }

  /// - Returns: `false`, and nothing is taken, where that many are not left.
  public func take(_ count: Int) -> Bool {
    let (_, total) = used.wrappingAdd(count, ordering: .relaxed)
    guard total > limit else { return true }
    give(count)
    return false
  }

  public func give(_ count: Int) { used.wrappingSubtract(count, ordering: .relaxed) }

  /// Bytes that are taken now.
  public var taken: Int { used.load(ordering: .relaxed) }
}
