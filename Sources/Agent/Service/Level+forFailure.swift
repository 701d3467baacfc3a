import Logging
import Model

extension Logger.Level {
  /// What the store tells of by itself, once, is not told again with each of a flood of requests that meet it.
  static func forFailure(_ error: any Error) -> Logger.Level {
    (error as? StoreFailure)?.isAnnounced == true ? .debug : .error
  }
}
