public import Model
import Synchronization

/// How many connections each client has. As many entries as there are connections at most.
public final class ConnectionCounts: Sendable {
  private let limit: Int
  private let exemptsLoopback: Bool
  private let counts = Mutex<[ClientNetwork: Int]>([:])

  /// Enough for any sender, too few to take all of them.
  public static let defaultLimit = 100

  /// - Parameter limit: of one client; `nil`: `defaultLimit`, which does not count for this machine itself, where a
  ///   proxy that speaks for nobody has all connections.
  public init(limit: Int? = nil) {
    self.limit = limit ?? ConnectionCounts.defaultLimit
    exemptsLoopback = limit == nil
  }

  /// Counts one more connection.
  /// - Returns: `false`, and nothing is counted, where the client has as many as it may have.
  public func open(_ address: IPAddress) -> Bool {
    if exemptsLoopback, address.isLoopback { return true }
    return counts.withLock { counts in
      let count = counts[ClientNetwork(address), default: 0]
      guard count < limit else { return false }
      counts[ClientNetwork(address)] = count + 1
      return true
    }
  }

  /// Ends one that `open` has counted.
  public func close(_ address: IPAddress) {
    if exemptsLoopback, address.isLoopback { return }
    counts.withLock { counts in
      let count = counts[ClientNetwork(address), default: 0]
      counts[ClientNetwork(address)] = count > 1 ? count - 1 : nil
    }
  }
}
