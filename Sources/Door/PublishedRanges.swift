public import Model
import Synchronization

/// Ranges of addresses that somebody publishes, as they were last learned.
public final class PublishedRanges: Sendable {
  private let ranges = Mutex<[AddressRange]?>(nil)

  public init(_ ranges: [AddressRange]? = nil) { self.ranges.withLock { $0 = ranges } }

  /// `nil` until they were learned for the first time.
  public var current: [AddressRange]? {
    get { ranges.withLock { $0 } }
    set { ranges.withLock { $0 = newValue } }
  }
}
