public import Model
import Synchronization

/// So many bytes for all together, of which one client may have a share.
public final class ByteBudget: Sendable {
  private struct State {
    var taken = 0
    /// As many entries as there are clients that have some.
    var clients: [ClientNetwork: Int] = [:]
  }

  private let limit: Int
  private let share: Int
  private let state = Mutex(State())

  /// - Parameter share: what one client may have; half where `nil`.
  public init(_ limit: Int, share: Int? = nil) {
    self.limit = limit
    self.share = share ?? limit / 2
  }

  /// - Parameter client: `nil`, or this machine, where a proxy that speaks for nobody has all of them: no client's share.
  /// - Returns: `false`, and nothing is taken, where that many are not left.
  public func take(_ count: Int, by client: IPAddress?) -> Bool {
    guard count > 0 else { return true }
    let client = ByteBudget.sharer(client)
    return state.withLock { state in
      guard state.taken + count <= limit else { return false }
      if let client {
        let own = state.clients[client, default: 0] + count
        guard own <= share else { return false }
        state.clients[client] = own
      }
      state.taken += count
      return true
    }
  }

  /// Gives back what was taken.
  public func give(_ count: Int, by client: IPAddress?) {
    guard count > 0 else { return }
    state.withLock { state in
      state.taken -= count
      guard let client = ByteBudget.sharer(client) else { return }
      let own = state.clients[client, default: 0] - count
      state.clients[client] = own > 0 ? own : nil
    }
  }

  /// Bytes that are taken now.
  public var taken: Int { state.withLock { $0.taken } }

  /// How many clients have some now.
  var clients: Int { state.withLock { $0.clients.count } }

  private static func sharer(_ client: IPAddress?) -> ClientNetwork? {
    client.flatMap { $0.isLoopback ? nil : ClientNetwork($0) }
  }
}
