import CGit2
import Glibc

/// Files and folders that earlier steps left in a workspace, of which those stay that the commit ignores.
///
/// What is ignored is asked when the commit's own `.gitignore` files are in place. No link is followed.
struct Leftovers {
  private var places: [[UInt8]] = []

  /// Deeper folders are removed whole.
  private static let deepest = 64

  var isEmpty: Bool { places.isEmpty }

  /// - Parameter path: from the top of the commit.
  mutating func note(_ path: [UInt8]) { places.append(path) }

  /// Removes what is not ignored.
  /// - Parameters:
  ///   - repository: the workspace's own, or a submodule's.
  ///   - top: its open folder.
  /// - Returns: how many of the noted places went.
  func remove(in repository: borrowing Repository, top: Int32) throws(SystemError) -> Int {
    var removed = 0
    for path in places {
      let cut = path.lastIndex(of: UInt8(ascii: "/"))
      let folder = try Self.open(cut.map { Array(path[..<$0]) } ?? [], from: top)
      guard folder >= 0 else { continue }
      defer { close(folder) }
      let name = (cut.map { Array(path[($0 + 1)...]) } ?? path).map { CChar(bitPattern: $0) } + [0]
      if try Self.sweep(name, at: path, in: folder, repository, depth: 0) { removed += 1 }
    }
    return removed
  }

  /// - Returns: whether nothing is left of it.
  private static func sweep(
    _ name: [CChar], at path: [UInt8], in parent: Int32, _ repository: borrowing Repository, depth: Int
  ) throws(SystemError) -> Bool {
    // That of a repository inside goes with its folder. libgit2 calls every `.git`, and what is in it, ignored.
    if path.suffix(5).elementsEqual("/.git".utf8) {
      try Directories.remove(name, in: parent)
      return true
    }
    if isIgnored(path, repository) { return false }
    var status = stat()
    guard fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return true }
    let folder =
      status.st_mode & S_IFMT == S_IFDIR && depth < deepest
      ? openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1
    guard folder >= 0 else {
      try Directories.remove(name, in: parent)
      return true
    }
    defer { close(folder) }
    var isEmpty = true
    for entry in try Directories.names(in: folder) {
      let below = path + [UInt8(ascii: "/")] + entry.dropLast().map { UInt8(bitPattern: $0) }
      if try !sweep(entry, at: below, in: folder, repository, depth: depth + 1) { isEmpty = false }
    }
    if isEmpty { try Directories.remove(name, in: parent) }
    return isEmpty
  }

  private static func isIgnored(_ path: [UInt8], _ repository: borrowing Repository) -> Bool {
    var ignored: Int32 = 0
    let code = (path + [0]).withUnsafeBufferPointer { path in
      path.withMemoryRebound(to: CChar.self) {
        git_ignore_path_is_ignored(&ignored, repository.pointer, $0.baseAddress)
      }
    }
    return code == 0 && ignored == 1
  }

  private static func open(_ path: [UInt8], from top: Int32) throws(SystemError) -> Int32 {
    var folder = openat(top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    for component in path.split(separator: UInt8(ascii: "/")) where folder >= 0 {
      let name = component.map { CChar(bitPattern: $0) } + [0]
      let next = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
      close(folder)
      folder = next
    }
    return folder
  }
}
