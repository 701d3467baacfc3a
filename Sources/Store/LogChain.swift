/// The checksums of one write-ahead log: each frame's goes on from the one before.
///
/// The format: https://www.sqlite.org/fileformat2.html#walformat
struct LogChain {
  struct Sum: Equatable {
    var first: UInt32
    var second: UInt32
  }

  /// Of a page with its header, in bytes.
  let frameSize: Int
  let headerSum: Sum
  private let isBigEndian: Bool
  private let salt: ArraySlice<UInt8>

  private static let frameHeaderSize = 24

  /// - Parameter header: the log's first 32 bytes; `nil` where they are no header.
  init?(header: [UInt8]) {
    let magic = LogChain.number(header, 0)
    guard header.count == 32, magic == 0x377f_0682 || magic == 0x377f_0683 else { return nil }
    isBigEndian = magic & 1 == 1
    let pageSize = Int(LogChain.number(header, 8))
    guard pageSize >= 512, pageSize <= 65_536, pageSize & (pageSize - 1) == 0 else { return nil }
    frameSize = LogChain.frameHeaderSize + pageSize
    salt = header[16..<24]
    headerSum = Sum(first: LogChain.number(header, 24), second: LogChain.number(header, 28))
    guard sum(of: header[..<24], after: Sum(first: 0, second: 0)) == headerSum else { return nil }
  }

  /// Written since the log was begun anew the last time.
  func isOfThisRound(_ frame: [UInt8]) -> Bool { frame[8..<16].elementsEqual(salt) }

  /// A frame that ends a commit says how large the file is then.
  func endsCommit(_ frame: [UInt8]) -> Bool { LogChain.number(frame, 4) != 0 }

  func storedSum(of frame: [UInt8]) -> Sum {
    Sum(first: LogChain.number(frame, 16), second: LogChain.number(frame, 20))
  }

  func sum(of frame: [UInt8], after before: Sum) -> Sum {
    sum(of: frame[LogChain.frameHeaderSize...], after: sum(of: frame[..<8], after: before))
  }

  private func sum(of bytes: ArraySlice<UInt8>, after before: Sum) -> Sum {
    var (first, second) = (before.first, before.second)
    bytes.withUnsafeBytes { bytes in
      var place = 0
      while place + 8 <= bytes.count {
        first &+= word(bytes, place) &+ second
        second &+= word(bytes, place + 4) &+ first
        place += 8
      }
    }
    return Sum(first: first, second: second)
  }

  private func word(_ bytes: UnsafeRawBufferPointer, _ place: Int) -> UInt32 {
    let word = bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self)
    return isBigEndian ? UInt32(bigEndian: word) : UInt32(littleEndian: word)
  }

  private static func number(_ bytes: [UInt8], _ place: Int) -> UInt32 {
    guard bytes.count >= place + 4 else { return 0 }
    return bytes[place..<(place + 4)].reduce(0) { $0 << 8 | UInt32($1) }
  }
}
