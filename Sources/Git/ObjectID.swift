import CGit2

/// The name of a Git object, as 20 bytes.
struct ObjectID: Hashable {
  let raw: git_oid

  init(_ raw: git_oid) { self.raw = raw }

  /// - Returns: `nil` unless `hex` is 40 hexadecimal digits. (libgit2 1.5 knows SHA-1 repositories only.)
  init?(hex: String) {
    guard hex.utf8.count == 40 else { return nil }
    var raw = git_oid()
    guard git_oid_fromstrn(&raw, hex, 40) == 0 else { return nil }
    self.raw = raw
  }

  /// - Parameter bytes: at least 20.
  init(bytes: UnsafeRawBufferPointer) {
    var raw = git_oid()
    withUnsafeMutableBytes(of: &raw) { $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<20])) }
    self.raw = raw
  }

  var hex: String {
    withUnsafeBytes(of: raw) { bytes in
      var text: [UInt8] = []
      text.reserveCapacity(40)
      let digits = StaticString("0123456789abcdef").utf8Start
      for byte in bytes {
        text.append(digits[Int(byte >> 4)])
        text.append(digits[Int(byte & 15)])
      }
      return String(decoding: text, as: UTF8.self)
    }
  }

  static func == (left: ObjectID, right: ObjectID) -> Bool {
    withUnsafeBytes(of: left.raw) { left in
      withUnsafeBytes(of: right.raw) { right in left.elementsEqual(right) }
    }
  }

  func hash(into hasher: inout Hasher) {
    withUnsafeBytes(of: raw) { hasher.combine(bytes: $0) }
  }
}
