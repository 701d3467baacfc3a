import CGit2
import Glibc

/// Reads whole trees and refuses what must not be written, before anything is.
///
/// One inspection counts for a commit and all its submodules. Folders whose tree is the one that the last checkout
/// had in the same place were inspected then; they count here without being read.
struct TreeInspection {
  let limits: TreeLimits
  private(set) var entries = 0
  private(set) var bytes = 0
  private(set) var files = 0

  /// Folders in folders.
  private static let depth = 256
  /// A path of Linux has at most 4,096 bytes, the workspace's own included.
  private static let pathBytes = 3500

  init(limits: TreeLimits) { self.limits = limits }

  /// Reads the tree with all below it.
  /// - Parameters:
  ///   - prefix: the place of the tree in the workspace: empty, or ending with a slash.
  ///   - memory: of the last checkout in this place.
  mutating func read(
    _ tree: ObjectID, from objects: borrowing ObjectDatabase, prefix: [UInt8], memory: CheckoutMemory?
  ) throws(GitFailure) -> TreeListing {
    var reading = Reading(base: prefix.count, path: prefix, memory: memory)
    let top = try read(tree, from: objects, &reading)
    reading.listing.finish(top: top)
    return reading.listing
  }

  private struct Reading {
    var listing = TreeListing()
    /// Bytes of the path before the commit's own top.
    let base: Int
    /// Of the folder at hand, from the top of the workspace.
    var path: [UInt8]
    let memory: CheckoutMemory?
    var cursor = MemoryCursor()
    var depth = 0
  }

  private mutating func read(
    _ tree: ObjectID, from objects: borrowing ObjectDatabase, _ reading: inout Reading
  ) throws(GitFailure) -> Range<Int32> {
    let first = reading.listing.count
    try objects.read(tree, as: GIT_OBJECT_TREE) { bytes throws(GitFailure) in
      try Self.parse(bytes, into: &reading.listing, reading.path)
    }
    let range = first..<reading.listing.count
    try requireDistinctNames(range, reading)
    entries += range.count
    try checkLimits()
    let length = reading.path.count
    for index in range {
      let entry = reading.listing[index]
      reading.path.append(contentsOf: reading.listing.name(entry))
      try inspect(entry, at: index, from: objects, &reading)
      reading.path.removeLast(reading.path.count - length)
      try checkLimits()
    }
    return range
  }

  private mutating func inspect(
    _ entry: TreeEntry, at index: Int32, from objects: borrowing ObjectDatabase, _ reading: inout Reading
  ) throws(GitFailure) {
    let own = reading.path[reading.base...]
    switch entry.kind {
    case .folder where count(remembered: entry, at: index, &reading): break
    case .folder:
      reading.path.append(UInt8(ascii: "/"))
      reading.depth += 1
      guard reading.depth <= Self.depth, reading.path.count <= Self.pathBytes else {
        throw Self.refusal("The folders at \"\(Escaped(reading.path, limit: 80))\" are nested too deeply.")
      }
      let children = try read(entry.id, from: objects, &reading)
      if !reading.listing.isAllEmpty(children) { reading.listing.setChildren(of: index, children) }
      reading.depth -= 1
    case .submodule: reading.listing.noteSubmodule(own, entry.id)
    case .file, .groupWritableFile, .executable, .link:
      files += 1
      if let memory = reading.memory, let known = reading.cursor.entry(of: own, entry.id, in: memory) {
        bytes += memory.size(known)
      } else {
        bytes += try objects.size(of: entry.id)
      }
      if reading.listing.isAttributes(entry) { reading.listing.noteAttributes(own, entry.id) }
      if entry.kind == .link, own.elementsEqual(".gitmodules".utf8) {
        throw Self.refusal(
          """
          \".gitmodules\" is a symbolic link, which could name submodules from outside the commit. Nothing was \
          written.
          """
        )
      }
      if entry.kind == .link, Self.isAttributes(own) {
        throw Self.refusal(
          """
          \"\(Escaped(reading.path))\" is a symbolic link, which could take attributes from outside the commit. \
          Nothing was written.
          """
        )
      }
    }
  }

  private func checkLimits() throws(GitFailure) {
    guard entries <= limits.entries else {
      throw Self.refusal("The commit has more than \(limits.entries) files and folders (limit `entries`).")
    }
    guard bytes <= limits.bytes else {
      throw Self.refusal("The commit's files are larger than \(limits.bytes) bytes together (limit `bytes`).")
    }
  }

  /// Counts a folder that was inspected before.
  /// - Returns: false where it was not.
  private mutating func count(remembered entry: TreeEntry, at index: Int32, _ reading: inout Reading) -> Bool {
    guard let memory = reading.memory, let place = memory.places[Array(reading.path[reading.base...])] else {
      return false
    }
    let folder = memory.folders[Int(place)]
    guard folder.id == entry.id else { return false }
    reading.listing.setUnread(index)
    entries += folder.entries.count + Int(folder.next - place)
    for known in folder.entries {
      guard memory.mode(known) != TreeEntry.Kind.submodule.rawValue else {
        reading.listing.noteSubmodule(memory.path(known), memory.id(known))
        continue
      }
      files += 1
      bytes += memory.size(known)
      if memory.mode(known) != TreeEntry.Kind.link.rawValue, Self.isAttributes(memory.path(known)) {
        reading.listing.noteAttributes(memory.path(known), memory.id(known))
      }
    }
    return true
  }

  private static func isAttributes(_ path: ArraySlice<UInt8>) -> Bool {
    let name = ".gitattributes".utf8
    guard path.count >= name.count, path.suffix(name.count).elementsEqual(name) else { return false }
    return path.count == name.count || path[path.endIndex - name.count - 1] == UInt8(ascii: "/")
  }

  /// A tree object is a row of `<octal mode> <name> NUL <20 bytes of id>`.
  static func parse(
    _ bytes: UnsafeRawBufferPointer, into listing: inout TreeListing, _ prefix: [UInt8]
  ) throws(GitFailure) {
    var at = 0
    while at < bytes.count {
      var mode: UInt32 = 0
      var digits = 0
      while at < bytes.count, bytes[at] != UInt8(ascii: " ") {
        guard (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(bytes[at]), digits < 8 else { throw damaged(prefix) }
        mode = mode << 3 | UInt32(bytes[at] - UInt8(ascii: "0"))
        digits += 1
        at += 1
      }
      let start = at + 1
      at = start
      while at < bytes.count, bytes[at] != 0 { at += 1 }
      guard start <= at, at + 21 <= bytes.count else { throw damaged(prefix) }
      let name = UnsafeRawBufferPointer(rebasing: bytes[start..<at])
      if let objection = EntryName.objection(to: name) {
        throw refusal("The commit holds \(objection): \"\(Escaped(prefix + name))\". Nothing was written.")
      }
      guard let kind = TreeEntry.Kind(rawValue: mode) else {
        throw refusal(
          """
          The commit gives \"\(Escaped(prefix + name))\" the mode \(String(mode, radix: 8)), which Git does not \
          write (setuid, setgid, sticky bit or a device). Nothing was written.
          """
        )
      }
      listing.append(name, kind, ObjectID(bytes: UnsafeRawBufferPointer(rebasing: bytes[(at + 1)...])))
      at += 21
    }
  }

  /// Twice the same name, once as a link and once as a folder, would write through the link. Git's order puts
  /// `a` and `a/` apart, so neighbours are not enough.
  private func requireDistinctNames(_ range: Range<Int32>, _ reading: Reading) throws(GitFailure) {
    let listing = reading.listing
    for index in range.dropFirst() where !Self.precedes(listing[index - 1], listing[index], listing) {
      throw Self.refusal(
        """
        The folder \"\(Escaped(reading.path))\" of the commit has a name twice, or its names are out of order. \
        Nothing was written.
        """
      )
    }
    // In Git's order a folder `a` comes after a file `a`, with only names that begin with `a` between them.
    for index in range where listing[index].kind != .folder {
      let name = listing.name(listing[index])
      for next in (index + 1)..<range.upperBound {
        let other = listing.name(listing[next])
        guard other.count >= name.count, other.starts(with: name) else { break }
        if other.count == name.count {
          throw Self.refusal(
            "The commit has \"\(Escaped(reading.path + name))\" twice, as a file and as a folder. Nothing was written.")
        }
      }
    }
  }

  /// Git's order: bytes, a folder's name with a slash behind it.
  private static func precedes(_ left: TreeEntry, _ right: TreeEntry, _ listing: TreeListing) -> Bool {
    listing.withName(left) { a in
      listing.withName(right) { b in
        let count = Int(min(left.nameLength, right.nameLength))
        let order = memcmp(a, b, count)
        if order != 0 { return order < 0 }
        func next(_ name: UnsafePointer<CChar>, _ entry: TreeEntry) -> UInt8 {
          if Int(entry.nameLength) > count { return UInt8(bitPattern: name[count]) }
          return entry.kind == .folder ? UInt8(ascii: "/") : 0
        }
        return next(a, left) < next(b, right)
      }
    }
  }

  private static func damaged(_ prefix: [UInt8]) -> GitFailure {
    refusal("The folder \"\(Escaped(prefix))\" of the commit is damaged.")
  }

  private static func refusal(_ sentence: String) -> GitFailure {
    GitFailure(.hostileTree, operation: "check out", sentence)
  }
}
