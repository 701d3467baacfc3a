/// SHA-1 (FIPS 180-4), for the checksum of an index file and for hashed names in known_hosts: formats that
/// prescribe it. Not for anything that must resist forgery.
struct SHA1 {
  private var state: (UInt32, UInt32, UInt32, UInt32, UInt32) = (
    0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0
  )

  static func digest(of bytes: UnsafeRawBufferPointer) -> [UInt8] {
    var hash = SHA1()
    return withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 80) { schedule in
      let whole = bytes.count / 64 * 64
      var offset = 0
      while offset < whole {
        hash.mix(UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + 64]), schedule)
        offset += 64
      }
      // The rest, a one bit, zeros, and the length in bits.
      var tail = [UInt8](bytes[whole...])
      tail.append(0x80)
      while tail.count % 64 != 56 { tail.append(0) }
      let length = UInt64(bytes.count) * 8
      for shift in stride(from: 56, through: 0, by: -8) { tail.append(UInt8(truncatingIfNeeded: length >> shift)) }
      tail.withUnsafeBytes { tail in
        for start in stride(from: 0, to: tail.count, by: 64) {
          hash.mix(UnsafeRawBufferPointer(rebasing: tail[start..<start + 64]), schedule)
        }
      }
      let words = [hash.state.0, hash.state.1, hash.state.2, hash.state.3, hash.state.4]
      return words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (24 - 8 * $0)) } }
    }
  }

  static func digest(of bytes: [UInt8]) -> [UInt8] { bytes.withUnsafeBytes { digest(of: $0) } }

  /// HMAC (RFC 2104).
  static func authenticationCode(of message: [UInt8], key: [UInt8]) -> [UInt8] {
    var block = key.count > 64 ? digest(of: key) : key
    block += [UInt8](repeating: 0, count: 64 - block.count)
    return digest(of: block.map { $0 ^ 0x5c } + digest(of: block.map { $0 ^ 0x36 } + message))
  }

  private mutating func mix(_ block: UnsafeRawBufferPointer, _ w: UnsafeMutableBufferPointer<UInt32>) {
    for index in 0..<16 {
      w[index] = UInt32(bigEndian: block.loadUnaligned(fromByteOffset: index &* 4, as: UInt32.self))
    }
    for index in 16..<80 {
      w[index] = Self.rotate(w[index &- 3] ^ w[index &- 8] ^ w[index &- 14] ^ w[index &- 16], 1)
    }
    var (a, b, c, d, e) = state
    func step(_ f: UInt32, _ k: UInt32, _ index: Int) {
      let next = Self.rotate(a, 5) &+ f &+ e &+ k &+ w[index]
      (e, d, c, b, a) = (d, c, Self.rotate(b, 30), a, next)
    }
    for index in 0..<20 { step((b & c) | (~b & d), 0x5a82_7999, index) }
    for index in 20..<40 { step(b ^ c ^ d, 0x6ed9_eba1, index) }
    for index in 40..<60 { step((b & c) | (b & d) | (c & d), 0x8f1b_bcdc, index) }
    for index in 60..<80 { step(b ^ c ^ d, 0xca62_c1d6, index) }
    state = (state.0 &+ a, state.1 &+ b, state.2 &+ c, state.3 &+ d, state.4 &+ e)
  }

  @inline(__always)
  private static func rotate(_ value: UInt32, _ by: UInt32) -> UInt32 { value << by | value >> (32 &- by) }
}
