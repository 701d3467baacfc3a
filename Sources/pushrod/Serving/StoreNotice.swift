import AgentConfiguration
import Logging
import Model

/// Tells the operator once that the store cannot record, and once that it can again.
enum StoreNotice {
  static func log(_ trouble: StoreTrouble?, _ logger: Logger) {
    guard let trouble else {
      return logger.notice("the store can record again", metadata: ["event": "store_recovered"])
    }
    logger.error(
      "the store cannot record; deliveries are answered 503 until it can",
      metadata: ["event": "store_trouble", "reason": "\(trouble.reason)"])
  }
}

extension Configuration {
  /// The one file of the agent's memory.
  var storePath: String { data + "/pushrod.db" }
}
