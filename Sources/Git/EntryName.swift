/// Which names a tree may hold.
///
/// Besides what no file system takes, everything that some file system or some later `git` could take for
/// `.git` is refused, as `git fsck` does.
enum EntryName {
  /// - Returns: why the name is refused; `nil` where it is fine.
  static func objection(to name: some RandomAccessCollection<UInt8>) -> String? {
    if name.isEmpty { return "an empty name" }
    if name.count > 255 { return "a name longer than 255 bytes" }
    guard let first = name.first else { return nil }
    // Nearly all names end here.
    let isSuspect = first == UInt8(ascii: ".") || first | 0x20 == UInt8(ascii: "g") || first >= 0x80
    if !isSuspect, !name.contains(where: { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") }) { return nil }
    if name.contains(UInt8(ascii: "/")) { return "a name with a slash" }
    if name.elementsEqual(".".utf8) || name.elementsEqual("..".utf8) { return "the name of a parent folder" }
    // Windows takes the backslash for a slash.
    if name.split(separator: UInt8(ascii: "\\")).contains(where: { isGitFolder($0) }) {
      return "a name that can be taken for .git"
    }
    return nil
  }

  /// `.git` in any case, with code points that HFS+ ignores, with dots, spaces or a stream behind it as NTFS
  /// ignores them, or as NTFS's short name.
  private static func isGitFolder(_ name: some Collection<UInt8>) -> Bool {
    var bytes: [UInt8] = []
    let visible = String(decoding: name, as: UTF8.self).unicodeScalars.filter { !ignoredByHFS($0) }
    for scalar in visible { bytes += Array(String(scalar).utf8).map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 } }
    let stem = bytes.prefix { $0 != UInt8(ascii: ":") }
    var end = stem.endIndex
    while end > stem.startIndex, stem[end - 1] == UInt8(ascii: ".") || stem[end - 1] == UInt8(ascii: " ") { end -= 1 }
    let trimmed = stem[..<end]
    return trimmed.elementsEqual(".git".utf8) || trimmed.elementsEqual("git~1".utf8)
  }

  private static func ignoredByHFS(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x200c...0x200f, 0x202a...0x202e, 0x206a...0x206f, 0xfeff: true
    default: false
    }
  }
}
