import FoundationEssentials
import Glibc
public import Model

/// Reads `events.jsonl` as it grows.
///
/// A line counts when its newline is there. What stands after the last newline is a line that is being
/// written, or one that a power loss tore; it is left for later.
public struct EventReader: Sendable {
  private let path: String
  private var file: OpenFile?
  /// Everything before this byte has been returned.
  public private(set) var offset: Int

  /// - Parameter offset: where to begin; the start of a line.
  public init(path: String, offset: Int = 0) {
    self.path = path
    self.offset = offset
  }

  /// The whole lines that came since the last call, each with the offset of the byte after it. Empty where
  /// there is nothing new, or no file yet.
  /// - Throws: `RunDirectoryError.corrupt` at a whole line that is no event.
  public mutating func next() throws(RunDirectoryError) -> [(event: RunEvent, end: Int)] {
    if file == nil { file = try OpenFile.existing(path) }
    guard let file else { return [] }
    let bytes = try file.read(at: offset, limit: EventReader.blockLimit)
    guard let last = bytes.lastIndex(of: UInt8(ascii: "\n")) else {
      guard bytes.count < EventReader.blockLimit else {
        throw .corrupt(path: path, detail: "a line is longer than \(EventReader.blockLimit) bytes")
      }
      return []
    }
    let decoder = JSON.decoder()
    var events: [(event: RunEvent, end: Int)] = []
    var start = 0
    for end in 0...last where bytes[end] == UInt8(ascii: "\n") {
      do {
        let event = try decoder.decode(RunEvent.self, from: Data(bytes[start..<end]))
        events.append((event, offset + end + 1))
      } catch {
        throw .corrupt(path: path, detail: "the line at byte \(offset + start) is no event")
      }
      start = end + 1
    }
    offset += start
    return events
  }

  private static let blockLimit = 1 << 20
}
