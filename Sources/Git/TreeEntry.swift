import CGit2

/// One line of a tree object.
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

  /// With a NUL behind it, as system calls want it.
  let name: [UInt8]
  let kind: Kind
  let id: ObjectID
  /// What a folder holds; empty for the rest.
  var children: [TreeEntry] = []

  /// The mode in an index file.
  var indexMode: UInt32 {
    switch kind {
    case .groupWritableFile: Kind.file.rawValue
    default: kind.rawValue
    }
  }
}
