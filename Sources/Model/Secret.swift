/// A value that must not reach a log, an event, an error message or a listing.
///
/// Printing, interpolating or dumping it shows `•••`. `Codable` is deliberately absent: the one place that
/// writes secrets is `Handover`.
public struct Secret: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public let bytes: [UInt8]

  /// Bytes that a pipeline's secret has at least: a shorter one cannot be masked in logs, where it may be part of any word,
  /// and can be guessed.
  public static let shortest = 8

  public init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }
  public init(_ text: String) { bytes = Array(text.utf8) }

  /// The secret in a file. One newline at its end is the editor's and not part of the secret; everything else is.
  public init(fileContents contents: some Collection<UInt8>) {
    var bytes = Array(contents)
    if bytes.last == UInt8(ascii: "\n") {
      bytes.removeLast()
      if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
    }
    self.bytes = bytes
  }

  public var text: String { String(decoding: bytes, as: UTF8.self) }

  /// Why no variable of a step can hold it as it is, for a sentence (`contains a NUL byte, …`); `nil` where one can.
  public var obstacle: String? {
    if bytes.contains(0) { return "contains a NUL byte, which no variable can hold" }
    return String(validating: bytes, as: UTF8.self) == nil ? "is not UTF-8 text" : nil
  }

  /// Nothing in it, or only white space: not a secret at all.
  public var isBlank: Bool { bytes.allSatisfy { $0 <= 0x20 } }

  /// Whether a pipeline may have it, and its logs can be kept free of it. Line ends at its end do not count.
  public var isLongEnough: Bool {
    bytes.reversed().drop { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }.count >= Secret.shortest
  }

  public var description: String { "•••" }
  public var debugDescription: String { "•••" }
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
