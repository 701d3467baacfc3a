extension TreeWriter {
  /// The folder at hand is not checked out.
  var isLeftOut: Bool { plan.sparse.map { !$0.includes(folder: path) } ?? false }

  /// Tells the index of a folder that is not checked out, whose path is at hand. Nothing on the disk is touched.
  /// - Parameter range: what the tree holds, where it was read.
  mutating func leaveOut(
    _ tree: ObjectID, _ name: some Sequence<UInt8>, _ range: Range<Int32>?
  ) throws(GitFailure) {
    index.beginFolder(name, tree)
    if range == nil, let memory, let place = memory.places[path] {
      leaveOut(memory, place)
    } else {
      path.append(UInt8(ascii: "/"))
      let length = path.count
      let own: Range<Int32>
      if let range { own = range } else { own = try read(tree) }
      for place in own {
        let entry = listing[place]
        if entry.isEmptyFolder { continue }
        path.append(contentsOf: listing.name(entry))
        if entry.kind == .folder {
          try leaveOut(entry.id, listing.name(entry), entry.isUnread ? nil : entry.children)
        } else {
          index.append(path: path[...], id: entry.id, mode: entry.indexMode, status: FileStatus(), isLeftOut: true)
        }
        path.removeLast(path.count - length)
      }
      path.removeLast()
    }
    index.endFolder(FileStatus())
  }

  private mutating func leaveOut(_ memory: CheckoutMemory, _ place: Int32) {
    let own = memory.folders[Int(place)]
    let length = path.count + 1
    var entry = own.entries.lowerBound
    var child = place + 1
    while entry < own.entries.upperBound {
      if child < own.next, memory.folders[Int(child)].entries.lowerBound == entry {
        let below = memory.folders[Int(child)]
        let name = memory.path(entry).dropFirst(length).prefix { $0 != UInt8(ascii: "/") }
        path.append(UInt8(ascii: "/"))
        path.append(contentsOf: name)
        index.beginFolder(name, below.id)
        leaveOut(memory, child)
        index.endFolder(FileStatus())
        path.removeLast(path.count - length + 1)
        entry = below.entries.upperBound
        child = below.next
      } else {
        index.append(
          path: memory.path(entry), id: memory.id(entry), mode: memory.mode(entry), status: FileStatus(),
          isLeftOut: true)
        entry += 1
      }
    }
  }
}
