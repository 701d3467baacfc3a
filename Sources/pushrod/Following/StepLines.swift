import FoundationEssentials

/// What one of several steps writes, in whole lines: beside the others, half a line would be a riddle.
struct StepLines {
  private var filter: ControlSequenceFilter
  private var text: [UInt8] = []
  /// When the first byte of `text` was written.
  private var time: Date?

  /// A line is shown in pieces of this many bytes, so that one without an end takes no memory.
  private static let longestPiece = 16 << 10

  init(allowsColour: Bool) { filter = ControlSequenceFilter(allowsColour: allowsColour) }

  /// Half a line is waiting for its end.
  var isMidLine: Bool { !text.isEmpty }

  /// - Parameter show: gets each line that is whole now, without its end, and when it began.
  mutating func take(_ bytes: some Collection<UInt8>, written: Date?, _ show: ([UInt8], Date?) -> Void) {
    var safe: [UInt8] = []
    filter.filter(bytes, into: &safe)
    add(safe, written, show)
  }

  /// The step is over: what is left is a line.
  mutating func finish(_ show: ([UInt8], Date?) -> Void) {
    var safe: [UInt8] = []
    filter.finish(into: &safe)
    add(safe, time, show)
    if isMidLine { showLine(show) }
  }

  private mutating func add(_ safe: [UInt8], _ written: Date?, _ show: ([UInt8], Date?) -> Void) {
    for byte in safe {
      if byte == UInt8(ascii: "\n") {
        showLine(show)
      } else {
        if text.isEmpty { time = written }
        text.append(byte)
        if text.count == StepLines.longestPiece { showLine(show) }
      }
    }
  }

  private mutating func showLine(_ show: ([UInt8], Date?) -> Void) {
    // A colour that goes on would colour the other steps' lines.
    show(filter.isColoured ? text + Array("\u{1b}[0m".utf8) : text, time)
    text.removeAll(keepingCapacity: true)
    time = nil
  }
}
