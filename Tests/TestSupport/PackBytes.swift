import Foundation

/// Makes packs that no Git would make (gitformat-pack(5)), byte by byte.
public struct PackBytes {
  private var body: [UInt8] = []
  private var count: UInt32 = 0
  private var offsets: [Int] = []

  public init() {}

  /// A file's content.
  public mutating func addBlob(_ content: [UInt8]) {
    add(type: 3, size: content.count, base: nil, stored(content))
  }

  /// A difference to the object before it: `times` times the first `length` bytes of that (at most 16 MiB - 1).
  public mutating func addRepetition(of baseSize: Int, length: Int, times: Int) {
    var delta = varint(baseSize) + varint(length * times)
    let copy: [UInt8] = [
      0xf0, UInt8(length & 0xff), UInt8(length >> 8 & 0xff), UInt8(length >> 16 & 0xff),
    ]
    for _ in 0..<times { delta += copy }
    add(type: 6, size: delta.count, base: offsets.last, stored(delta))
  }

  /// The whole pack.
  /// - Parameter claimed: the number of objects that its head tells; the true one where `nil`.
  public func bytes(claimed: UInt32? = nil) throws -> [UInt8] {
    let whole = head(claimed ?? count) + body
    let sum = try runChecked(["sha1sum"], input: whole).prefix(40)
    return whole + stride(from: 0, to: 40, by: 2).compactMap { UInt8(sum.dropFirst($0).prefix(2), radix: 16) }
  }

  /// A pack of many objects, of which the first has no end: its head and the first bytes of that.
  public static var endlessBeginning: [UInt8] {
    var pack = PackBytes()
    pack.offsets = []
    return pack.head(1_000_000) + pack.header(type: 3, size: 1 << 40) + [0x78, 0x01]
  }

  /// A further 32 KiB of it.
  public static var endlessPart: [UInt8] {
    let part = [UInt8](repeating: 0x61, count: 32_768)
    return [0x00, 0x00, 0x80, 0xff, 0x7f] + part
  }

  private func head(_ count: UInt32) -> [UInt8] {
    Array("PACK".utf8) + [0, 0, 0, 2] + (0..<4).map { UInt8(count >> (24 - 8 * $0) & 0xff) }
  }

  private mutating func add(type: UInt8, size: Int, base: Int?, _ data: [UInt8]) {
    let offset = 12 + body.count
    body += header(type: type, size: size)
    if let base { body += distance(offset - base) }
    body += data
    offsets.append(offset)
    count += 1
  }

  private func header(type: UInt8, size: Int) -> [UInt8] {
    var rest = size >> 4
    var bytes = [type << 4 | UInt8(size & 0x0f)]
    while rest > 0 {
      bytes[bytes.count - 1] |= 0x80
      bytes.append(UInt8(rest & 0x7f))
      rest >>= 7
    }
    return bytes
  }

  private func varint(_ number: Int) -> [UInt8] {
    var rest = number
    var bytes: [UInt8] = []
    repeat {
      bytes.append(UInt8(rest & 0x7f) | (rest > 0x7f ? 0x80 : 0))
      rest >>= 7
    } while rest > 0
    return bytes
  }

  /// How far back a delta's base lies.
  private func distance(_ number: Int) -> [UInt8] {
    var rest = number
    var bytes = [UInt8(rest & 0x7f)]
    while rest > 0x7f {
      rest = (rest >> 7) - 1
      bytes.insert(UInt8(rest & 0x7f) | 0x80, at: 0)
    }
    return bytes
  }

  /// zlib's format (RFC 1950) without compression.
  private func stored(_ content: [UInt8]) -> [UInt8] {
    var out: [UInt8] = [0x78, 0x01]
    var place = 0
    repeat {
      let part = content[place..<min(place + 0xffff, content.count)]
      place += part.count
      let length = UInt16(part.count)
      out += [
        place == content.count ? 1 : 0, UInt8(length & 0xff), UInt8(length >> 8), UInt8(~length & 0xff),
        UInt8(~length >> 8),
      ]
      out += part
    } while place < content.count
    var (a, b): (UInt32, UInt32) = (1, 0)
    for byte in content {
      a = (a + UInt32(byte)) % 65_521
      b = (b + a) % 65_521
    }
    let sum = b << 16 | a
    return out + (0..<4).map { UInt8(sum >> (24 - 8 * $0) & 0xff) }
  }
}
