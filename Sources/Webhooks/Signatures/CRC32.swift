/// The checksum of ISO 3309, as zip and PNG have it. It finds accidents; against intent it is none at all.
enum CRC32 {
  static func of(_ bytes: [UInt8]) -> UInt32 {
    var register: UInt32 = 0xffff_ffff
    for byte in bytes { register = table[Int(UInt8(truncatingIfNeeded: register) ^ byte)] ^ register >> 8 }
    return ~register
  }

  private static let table: [UInt32] = (0..<256).map { value in
    (0..<8).reduce(UInt32(value)) { register, _ in
      register & 1 == 1 ? register >> 1 ^ 0xedb8_8320 : register >> 1
    }
  }
}
