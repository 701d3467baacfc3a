/// A `Range` header against a representation of known size (RFC 9110, section 14).
enum ByteRange: Equatable {
  /// No range, or one that a server may ignore: another unit, several ranges, wrong syntax.
  case whole
  case part(Range<Int>)
  /// Answered with 416.
  case unsatisfiable

  init(header: String?, size: Int) {
    guard let header, header.hasPrefix("bytes=") else {
      self = .whole
      return
    }
    let bounds = header.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
    guard bounds.count == 2, let first = ByteRange.position(bounds[0]), let last = ByteRange.position(bounds[1]) else {
      self = .whole
      return
    }
    switch (first, last) {
    case (.none, .none): self = .whole
    case (.none, .some(let length)):
      self = length == 0 || size == 0 ? .unsatisfiable : .part(max(0, size - length)..<size)
    case (.some(let start), .none):
      self = start < size ? .part(start..<size) : .unsatisfiable
    case (.some(let start), .some(let end)):
      if end < start {
        self = .whole
      } else {
        self = start < size ? .part(start..<(min(end, size - 1) + 1)) : .unsatisfiable
      }
    }
  }

  /// Digits, or nothing at all; the outer `nil` is for anything else. A number too large to be held is a
  /// position after every end.
  private static func position(_ text: Substring) -> Int?? {
    if text.isEmpty { return .some(nil) }
    guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
    return .some(Int(text) ?? .max)
  }
}
