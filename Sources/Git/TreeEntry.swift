/// One line of a tree object. Its name is in the listing that it belongs to.
struct TreeEntry {
  /// The modes that Git writes today, and 100664, which it once wrote. All others are refused: libgit2 would
  /// set setuid and sticky bits where a tree says so.
  enum Kind: UInt32 {
    case folder = 0o040000
    case file = 0o100644
    case groupWritableFile = 0o100664
    case executable = 0o100755
    case link = 0o120000
    case submodule = 0o160000
  }

  let nameStart: Int32
  /// In bytes.
  let nameLength: Int32
  let kind: Kind
  let id: ObjectID
  /// What a folder holds, as places in the listing; empty for the rest.
  var children: Range<Int32> = 0..<0

  /// The folder's tree was not read: it is the one that the last checkout had in this place.
  var isUnread = false

  /// A folder without anything in it, which Git does not make.
  var isEmptyFolder: Bool { kind == .folder && children.isEmpty && !isUnread }

  /// The mode in an index file.
  var indexMode: UInt32 {
    switch kind {
    case .groupWritableFile: Kind.file.rawValue
    default: kind.rawValue
    }
  }
}
