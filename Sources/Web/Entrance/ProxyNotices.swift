import Logging
import Model
import Synchronization

/// Says once a minute that connections of a trusted proxy do not begin with a PROXY header: they are closed without an answer,
/// so nobody else would tell why nothing comes in.
final class ProxyNotices: Sendable {
  private static let interval = Duration.seconds(60)
  private let last = Mutex<ContinuousClock.Instant?>(nil)

  func note(_ peer: IPAddress?, _ logger: Logger) {
    let now = ContinuousClock.now
    let isDue = last.withLock { last in
      guard last.map({ $0.duration(to: now) >= ProxyNotices.interval }) ?? true else { return false }
      last = now
      return true
    }
    guard isDue else { return }
    logger.warning(
      "a connection of a trusted proxy was closed: with `proxy_protocol` it has to begin with a PROXY header",
      metadata: ["event": "no_proxy_header", "stage": "receive", "address": "\(peer.map { "\($0)" } ?? "-")"])
  }
}
