import Model
import Pipelines

/// Lengths of time on the command line: `90d`, `12h`, `30m`, `45s`.
enum LengthOfTime {
  /// A plain number is refused: whoever writes `90` hardly means seconds.
  static func read(_ text: String) -> Seconds? {
    guard Double(text) == nil, let time = Quantity.seconds(text), time.value >= 1 else { return nil }
    return time
  }
}
