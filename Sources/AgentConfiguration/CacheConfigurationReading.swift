import Model
import Pipelines

/// Reads `cache`: how large the caches of steps may become.
enum CacheConfigurationReading {
  static let usualSize = 10 << 30

  static func size(_ value: Value) -> Int? {
    value.fields(["size"])?["size"]?.byteCount(in: (1 << 20)...(1 << 50))
  }
}
