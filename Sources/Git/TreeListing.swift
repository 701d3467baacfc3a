/// All trees of one commit: entries in one array, a folder's side by side and in Git's order, and their names in
/// another, so that thousands of files are a few allocations.
struct TreeListing {
  private(set) var entries: [TreeEntry] = []
  /// Names, each with a NUL behind it, as system calls want them.
  private var names: [UInt8] = []
  /// What the commit holds at its top.
  private(set) var top: Range<Int32> = 0..<0
  /// Paths from the top of the commit, in order.
  private(set) var submodules: [(path: [UInt8], id: ObjectID)] = []
  private(set) var attributes: [(path: [UInt8], id: ObjectID)] = []

  var count: Int32 { Int32(entries.count) }

  subscript(index: Int32) -> TreeEntry { entries[Int(index)] }

  @discardableResult
  mutating func append(_ name: some Collection<UInt8>, _ kind: TreeEntry.Kind, _ id: ObjectID) -> TreeEntry {
    let start = Int32(names.count)
    names.append(contentsOf: name)
    names.append(0)
    let entry = TreeEntry(nameStart: start, nameLength: Int32(name.count), kind: kind, id: id)
    entries.append(entry)
    return entry
  }

  mutating func setChildren(of index: Int32, _ children: Range<Int32>) {
    entries[Int(index)].children = children
  }

  mutating func setUnread(_ index: Int32) { entries[Int(index)].isUnread = true }

  /// A folder that holds only empty folders is one itself: there is nothing to make.
  func isAllEmpty(_ range: Range<Int32>) -> Bool { range.allSatisfy { self[$0].isEmptyFolder } }

  mutating func finish(top: Range<Int32>) { self.top = top }

  mutating func noteSubmodule(_ path: ArraySlice<UInt8>, _ id: ObjectID) { submodules.append((Array(path), id)) }

  mutating func noteAttributes(_ path: ArraySlice<UInt8>, _ id: ObjectID) { attributes.append((Array(path), id)) }

  /// Calls `body` with the name, which ends with NUL.
  func withName<Result, Failure: Error>(
    _ entry: TreeEntry, _ body: (UnsafePointer<CChar>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try names.withUnsafeBufferPointer { names throws(Failure) in
      let start = names.baseAddress.unsafelyUnwrapped + Int(entry.nameStart)
      return try start.withMemoryRebound(to: CChar.self, capacity: Int(entry.nameLength) + 1) {
        name throws(Failure) in try body(name)
      }
    }
  }

  func name(_ entry: TreeEntry) -> ArraySlice<UInt8> {
    names[Int(entry.nameStart)..<Int(entry.nameStart + entry.nameLength)]
  }

  /// Whether the file is one of those that say how others are written.
  func isAttributes(_ entry: TreeEntry) -> Bool {
    switch entry.kind {
    case .file, .executable, .groupWritableFile: name(entry).elementsEqual(".gitattributes".utf8)
    default: false
    }
  }
}
