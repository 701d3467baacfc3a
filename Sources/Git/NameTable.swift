import Glibc

/// The names of one folder of a commit, for looking up what is on disk. Used again for the next folder, so that
/// nothing is allocated for each.
struct NameTable {
  /// Places in the listing, -1 for none; a power of two of them, at most half of them taken.
  private var slots: [Int32] = []
  private var mask = 0

  mutating func fill(_ listing: TreeListing, _ range: Range<Int32>) {
    var size = 16
    while size < range.count * 2 { size *= 2 }
    if slots.count < size { slots = Array(repeating: -1, count: size) }
    mask = size - 1
    for index in 0..<size { slots[index] = -1 }
    for index in range where !listing[index].isEmptyFolder {
      var slot = listing.withName(listing[index]) { Self.hash($0) } & mask
      while slots[slot] >= 0 { slot = (slot + 1) & mask }
      slots[slot] = index
    }
  }

  /// The entry of this name.
  func place(of name: UnsafePointer<CChar>, in listing: TreeListing) -> Int32? {
    var slot = Self.hash(name) & mask
    while slots[slot] >= 0 {
      if listing.withName(listing[slots[slot]], { strcmp($0, name) == 0 }) { return slots[slot] }
      slot = (slot + 1) & mask
    }
    return nil
  }

  /// FNV-1a. Names made to collide cost their own commit's checkout some time, within the limit of entries.
  private static func hash(_ name: UnsafePointer<CChar>) -> Int {
    var hash: UInt32 = 0x811c_9dc5
    var next = name
    while next.pointee != 0 {
      hash = (hash ^ UInt32(UInt8(bitPattern: next.pointee))) &* 0x0100_0193
      next += 1
    }
    return Int(hash ^ hash >> 15)
  }
}
