import CGit2

/// Reads whole trees and refuses what must not be written, before anything is.
///
/// One inspection counts for a commit and all its submodules. It reads every tree object of the commit (some
/// hundred for a repository of thousands of files: milliseconds), so there is no proof of an earlier inspection
/// to store and none to forge.
struct TreeInspection {
  let limits: TreeLimits
  private(set) var entries = 0
  private(set) var bytes = 0
  private(set) var files = 0

  /// Folders in folders. A path of Linux has at most 4,096 bytes.
  static let depth = 256
  private static let pathBytes = 3500

  init(limits: TreeLimits) { self.limits = limits }

  /// Reads the tree with all below it, without empty folders, which Git does not make.
  /// - Parameters:
  ///   - prefix: the place of the tree in the workspace, empty or ending with a slash.
  ///   - sizes: what is known from the last checkout, so that not every file's size has to be looked up.
  mutating func read(
    _ tree: ObjectID, from objects: borrowing ObjectDatabase, prefix: [UInt8], sizes: inout IndexCursor,
    base: Int
  ) throws(GitFailure) -> [TreeEntry] {
    var list = try objects.read(tree, as: GIT_OBJECT_TREE) { bytes throws(GitFailure) in
      try Self.parse(bytes, prefix)
    }
    try requireDistinctNames(list, prefix)
    entries += list.count
    guard entries <= limits.entries else {
      throw Self.refusal("The commit has more than \(limits.entries) files and folders (limit `entries`).")
    }
    var path = prefix
    for index in list.indices {
      let entry = list[index]
      path.append(contentsOf: entry.name.dropLast())
      switch entry.kind {
      case .folder:
        path.append(UInt8(ascii: "/"))
        let depth = path.lazy.filter { $0 == UInt8(ascii: "/") }.count
        guard depth <= Self.depth, path.count <= Self.pathBytes else {
          throw Self.refusal("The folders at \"\(Escaped(path, limit: 80))\" are nested too deeply.")
        }
        list[index].children = try read(entry.id, from: objects, prefix: path, sizes: &sizes, base: base)
      case .submodule: break
      case .file, .groupWritableFile, .executable, .link:
        files += 1
        if let known = sizes.size(of: path[base...], entry.id) {
          bytes += known
        } else {
          bytes += try objects.size(of: entry.id)
        }
        guard bytes <= limits.bytes else {
          throw Self.refusal("The commit's files are larger than \(limits.bytes) bytes together (limit `bytes`).")
        }
        if entry.kind == .link, prefix.count == base, entry.name.dropLast().elementsEqual(".gitmodules".utf8) {
          throw Self.refusal("\".gitmodules\" is a symbolic link, which could name submodules from outside the commit.")
        }
      }
      path.removeLast(path.count - prefix.count)
    }
    list.removeAll { $0.kind == .folder && $0.children.isEmpty }
    return list
  }

  /// A tree object is a row of `<octal mode> <name> NUL <20 bytes of id>`.
  private static func parse(_ bytes: UnsafeRawBufferPointer, _ prefix: [UInt8]) throws(GitFailure) -> [TreeEntry] {
    var list: [TreeEntry] = []
    list.reserveCapacity(bytes.count / 32)
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
      let name = [UInt8](bytes[start...at])
      if let objection = EntryName.objection(to: name.dropLast()) {
        throw refusal("The commit holds \(objection): \"\(Escaped(prefix + name.dropLast()))\". Nothing was written.")
      }
      guard let kind = TreeEntry.Kind(rawValue: mode) else {
        throw refusal(
          "The commit gives \"\(Escaped(prefix + name.dropLast()))\" the mode \(String(mode, radix: 8)), which Git does not write (setuid, setgid, sticky bit or a device). Nothing was written.")
      }
      list.append(TreeEntry(name: name, kind: kind, id: ObjectID(bytes: .init(rebasing: bytes[(at + 1)...]))))
      at += 21
    }
    return list
  }

  /// Twice the same name, once as a link and once as a folder, would write through the link. Git's order puts
  /// `a` and `a/` apart, so neighbours are not enough.
  private func requireDistinctNames(_ list: [TreeEntry], _ prefix: [UInt8]) throws(GitFailure) {
    var isSorted = true
    for index in list.indices.dropFirst() where isSorted {
      isSorted = Self.precedes(list[index - 1], list[index])
    }
    guard isSorted else {
      throw Self.refusal("The folder \"\(Escaped(prefix))\" of the commit has a name twice, or its names are out of order. Nothing was written.")
    }
    // In Git's order a folder `a` comes after `a`, with only names that begin with `a` between them.
    for index in list.indices where list[index].kind != .folder {
      let name = list[index].name.dropLast()
      for other in list[(index + 1)...] {
        guard other.name.starts(with: name) else { break }
        if other.name.count == name.count + 1 {
          throw Self.refusal("The commit has \"\(Escaped(prefix + name))\" twice, as a file and as a folder. Nothing was written.")
        }
      }
    }
  }

  /// Git's order: bytes, a folder's name with a slash behind it.
  private static func precedes(_ left: TreeEntry, _ right: TreeEntry) -> Bool {
    let count = min(left.name.count, right.name.count) - 1
    for index in 0..<count where left.name[index] != right.name[index] {
      return left.name[index] < right.name[index]
    }
    func next(_ entry: TreeEntry) -> UInt8 {
      entry.name.count - 1 > count ? entry.name[count] : entry.kind == .folder ? UInt8(ascii: "/") : 0
    }
    return next(left) < next(right)
  }

  private static func damaged(_ prefix: [UInt8]) -> GitFailure {
    refusal("The folder \"\(Escaped(prefix))\" of the commit is damaged.")
  }

  private static func refusal(_ sentence: String) -> GitFailure {
    GitFailure(.hostileTree, operation: "check out", sentence)
  }
}
