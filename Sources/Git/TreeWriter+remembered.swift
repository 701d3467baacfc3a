import Glibc

extension TreeWriter {
  /// Makes an open folder right whose tree is that of the last checkout, and in which, as the disk says, no name came
  /// or went since: only files have to be looked at.
  /// - Returns: whether names changed now.
  mutating func applyRemembered(
    _ memory: CheckoutMemory, _ place: Int32, to folder: Int32
  ) throws(GitFailure) -> Bool {
    let own = memory.folders[Int(place)]
    let length = path.count
    var changed = false
    // As in `apply`: neighbours need it.
    var attributes: (entry: Int32, status: FileStatus)?
    if filter != nil, let known = memory.find(path + ".gitattributes".utf8),
      memory.mode(known) != TreeEntry.Kind.link.rawValue
    {
      (attributes, changed) = ((known, try settle(memory, known, in: folder)), true)
    }
    var entry = own.entries.lowerBound
    var child = place + 1
    while entry < own.entries.upperBound {
      if child < own.next, memory.folders[Int(child)].entries.lowerBound == entry {
        let below = memory.folders[Int(child)]
        let name = memory.path(entry).dropFirst(length).prefix { $0 != UInt8(ascii: "/") }
        path.append(contentsOf: name)
        if isLeftOut {
          working.noteLeftOut(path)
          try leaveOut(below.id, name, nil)
          path.removeLast(path.count - length)
          entry = below.entries.upperBound
          child = below.next
          continue
        }
        let opened = try name.map { CChar(bitPattern: $0) }.withTerminator { name throws(GitFailure) in
          try enter(name, in: folder)
        }
        defer { close(opened) }
        try fill(opened, below.id, name, nil)
        path.removeLast(path.count - length)
        entry = below.entries.upperBound
        child = below.next
        continue
      }
      if let attributes, attributes.entry == entry {
        index.append(
          path: memory.path(entry), id: memory.id(entry), mode: memory.mode(entry), status: attributes.status)
      } else if memory.mode(entry) == TreeEntry.Kind.submodule.rawValue {
        path.append(contentsOf: memory.path(entry).dropFirst(length))
        let opened = try Array(memory.path(entry).dropFirst(length)).map { CChar(bitPattern: $0) }.withTerminator {
          name throws(GitFailure) in try enter(name, in: folder)
        }
        defer { close(opened) }
        try fillSubmodule(opened, memory.id(entry))
        path.removeLast(path.count - length)
      } else if try isRight(memory, entry, in: folder) {
        memory.withRecord(entry) { index.append(record: $0) }
      } else {
        let status = try settle(memory, entry, in: folder)
        index.append(path: memory.path(entry), id: memory.id(entry), mode: memory.mode(entry), status: status)
        changed = true
      }
      entry += 1
    }
    return changed
  }

  /// Whether a file is as it was.
  private func isRight(_ memory: CheckoutMemory, _ entry: Int32, in folder: Int32) throws(GitFailure) -> Bool {
    var found = stat()
    guard let kind = TreeEntry.Kind(rawValue: memory.mode(entry)),
      memory.withName(entry, from: path.count, { fstatat(folder, $0, &found, AT_SYMLINK_NOFOLLOW) }) == 0,
      hasRightMode(found, kind)
    else { return false }
    let status = FileStatus(found)
    guard status == memory.status(entry), !status.isRacy(at: memory.written) else { return false }
    try working.countFile(written: false)
    return true
  }

  /// Makes a file right that the memory knows.
  private mutating func settle(
    _ memory: CheckoutMemory, _ entry: Int32, in folder: Int32
  ) throws(GitFailure) -> FileStatus {
    guard let kind = TreeEntry.Kind(rawValue: memory.mode(entry)) else {
      throw GitFailure(
        .checkout, operation: "check out", "The memory of the workspace \(workspace) is damaged: remove the workspace.")
    }
    let name = memory.path(entry).dropFirst(path.count)
    let own = listing.append(name, kind, memory.id(entry))
    let length = path.count
    path.append(contentsOf: name)
    defer { path.removeLast(path.count - length) }
    return try settle(own, in: folder, remembered: nil)
  }
}

extension [CChar] {
  /// Calls `body` with a NUL behind the bytes.
  fileprivate func withTerminator<Result>(
    _ body: (UnsafePointer<CChar>) throws(GitFailure) -> Result
  ) throws(GitFailure) -> Result {
    try (self + [0]).withUnsafeBufferPointer { bytes throws(GitFailure) in
      try body(bytes.baseAddress.unsafelyUnwrapped)
    }
  }
}
