/// Reads zone files as the system has them in /usr/share/zoneinfo (TZif, RFC 8536), without the files themselves.
public enum ZoneFile {
  /// The largest that there is has a tenth of that.
  public static let longest = 256 << 10
  private static let mostChanges = 10_000

  /// - Returns: `nil` where the bytes are no such file, or one of a version without 64-bit times.
  public static func rules(_ bytes: [UInt8]) -> ZoneRules? {
    guard bytes.count <= longest, let old = Header(bytes, at: 0), old.version >= UInt8(ascii: "2"),
      let header = Header(bytes, at: Header.size + old.length(timeSize: 4))
    else { return nil }
    let block = header.end
    let times = block
    let indices = times + header.changes * 8
    let types = indices + header.changes
    guard header.types > 0, header.types <= 256, header.changes <= mostChanges,
      block + header.length(timeSize: 8) <= bytes.count
    else { return nil }
    let offsets = (0..<header.types).map { integer(bytes, at: types + $0 * 6, size: 4) }
    var changes: [ZoneRules.Change] = []
    for index in 0..<header.changes {
      let type = Int(bytes[indices + index])
      guard type < offsets.count else { return nil }
      let change = ZoneRules.Change(at: integer(bytes, at: times + index * 8, size: 8), offset: offsets[type])
      guard changes.last.map({ $0.at < change.at }) ?? true else { return nil }
      // What was said of another time before the world began.
      if change.at > -(1 << 40) { changes.append(change) }
    }
    guard offsets.allSatisfy({ abs($0) < 26 * 3600 }) else { return nil }
    let footer = bytes[(block + header.length(timeSize: 8))...]
    guard footer.first == UInt8(ascii: "\n"), let close = footer.dropFirst().firstIndex(of: UInt8(ascii: "\n")) else {
      return nil
    }
    let line = String(decoding: footer[(footer.startIndex + 1)..<close], as: UTF8.self)
    guard !line.isEmpty else { return ZoneRules(firstOffset: offsets[0], changes: changes, yearly: nil) }
    guard let rule = ZoneLineReader.read(line) else { return nil }
    // A zone without changes may still have its offset in the line alone.
    let first = changes.isEmpty && rule.yearly == nil ? rule.standard : offsets[0]
    return ZoneRules(firstOffset: first, changes: changes, yearly: rule.yearly)
  }

  /// A name of the IANA time zone database as it may be looked for in a folder: `Europe/Berlin`, `UTC`.
  public static func isName(_ text: String) -> Bool {
    let parts = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    return text.utf8.count <= 64 && (1...4).contains(parts.count)
      // The same names with leap seconds, in which no clock on a wall goes.
      && text != "right" && !text.hasPrefix("right/")
      && parts.allSatisfy { part in
        guard let first = part.first, isLetter(first) else { return false }
        return part.allSatisfy { isLetter($0) || (0x30...0x39).contains($0) || "+-_".utf8.contains($0) }
      }
  }

  private static func isLetter(_ byte: UInt8) -> Bool { (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte) }

  private struct Header {
    static let size = 44

    let version: UInt8
    let utcMarks: Int
    let standardMarks: Int
    let leaps: Int
    let changes: Int
    let types: Int
    let characters: Int
    /// Where the data begins.
    let end: Int

    init?(_ bytes: [UInt8], at start: Int) {
      guard start >= 0, start <= bytes.count - Header.size, bytes[start..<(start + 4)].elementsEqual("TZif".utf8) else {
        return nil
      }
      version = bytes[start + 4]
      let counts = (0..<6).map { ZoneFile.integer(bytes, at: start + 20 + $0 * 4, size: 4) }
      // A count of 2^31 or more is negative here.
      guard counts.allSatisfy({ (0...ZoneFile.longest).contains($0) }) else { return nil }
      (utcMarks, standardMarks, leaps) = (counts[0], counts[1], counts[2])
      (changes, types, characters) = (counts[3], counts[4], counts[5])
      end = start + Header.size
    }

    func length(timeSize: Int) -> Int {
      changes * (timeSize + 1) + types * 6 + characters + leaps * (timeSize + 4) + standardMarks + utcMarks
    }
  }

  /// Signed, the highest byte first.
  private static func integer(_ bytes: [UInt8], at start: Int, size: Int) -> Int {
    var value = UInt64(bytes[start]) & 0x80 == 0 ? UInt64(0) : UInt64.max
    for byte in bytes[start..<(start + size)] { value = value << 8 | UInt64(byte) }
    return Int(Int64(bitPattern: value))
  }
}
