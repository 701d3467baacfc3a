/// Where bytes may be cut without cutting a character.
enum UTF8Boundary {
  /// The number of bytes at the end that begin a character and do not finish it: 0 to 3. Bytes that are not
  /// UTF-8 begin nothing.
  static func incompleteSuffix(of bytes: [UInt8]) -> Int {
    for length in 1...3 where length <= bytes.count {
      let byte = bytes[bytes.count - length]
      switch byte {
      case 0x80...0xBF: continue
      case 0xC2...0xDF: return length < 2 ? length : 0
      case 0xE0...0xEF: return length < 3 ? length : 0
      case 0xF0...0xF4: return length < 4 ? length : 0
      default: return 0
      }
    }
    return 0
  }
}
