import Model
import Pipelines

/// Reads `mirrors`: when mirrors are repacked, and what is removed after how long.
enum MirrorReading {
  static func care(_ value: Value) -> MirrorCare {
    var care = MirrorCare()
    guard let fields = value.fields(["packs", "unused", "every"]) else { return care }
    if let packs = fields["packs"]?.integer(in: 2...100_000) { care.packs = packs }
    if let time = fields["unused"]?.duration(atMost: 315_360_000) { care.unused = time }
    if let time = fields["every"]?.duration(atMost: 2_592_000) { care.every = time }
    return care
  }
}
