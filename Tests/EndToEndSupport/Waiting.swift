import Foundation
import TestSupport

/// Waits until `condition` holds.
/// - Throws: `CommandFailure` naming `what` after `seconds`.
public func waitUntil(_ what: String, within seconds: Double = 30, _ condition: () throws -> Bool) throws {
  let end = ContinuousClock.now + .seconds(seconds)
  while ContinuousClock.now < end {
    if try condition() { return }
    usleep(10_000)
  }
  throw CommandFailure("did not happen within \(seconds) s: \(what)")
}
