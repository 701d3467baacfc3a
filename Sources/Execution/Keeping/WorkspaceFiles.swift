import Glibc
import Model

/// Finds files of a workspace by patterns. No link is followed, and `.git` is none of it.
struct WorkspaceFiles {
  let top: Descriptor
  /// More entries than this are not looked at.
  static let mostEntries = 500_000

  init(_ workspace: String) throws(KeepingFailure) { top = try OpenTree.top(workspace) }

  /// What was found: paths of files, sorted, and how many of what the patterns name is no file that can be kept.
  struct Found {
    var files: [String] = []
    var links = 0
    /// Pipes, sockets and devices.
    var others = 0
    /// Names that are not UTF-8.
    var unnamed = 0
    /// Folders that could not be looked into.
    var closed = 0
  }

  /// - Parameter patterns: a folder stands for all below it; those with a `!` before them exclude.
  func matching(_ patterns: [String]) throws(KeepingFailure) -> Found {
    let list: GlobList
    do {
      list = try GlobList(
        patterns.flatMap { $0.hasSuffix("**") ? [$0] : [$0, $0.hasSuffix("/") ? $0 + "**" : $0 + "/**"] })
    } catch {
      throw KeepingFailure("a pattern cannot be read: \(error.description)")
    }
    var found = Found()
    var entries = 0
    for root in Self.roots(patterns) {
      try look(at: root, list, &found, &entries)
    }
    found.files.sort()
    return found
  }

  /// Where to begin: the folders, or files, that patterns name without a wildcard. None lies in another.
  private static func roots(_ patterns: [String]) -> [[String]] {
    let all = Set(
      patterns.filter { !GlobList.excludes($0) }.map { pattern in
        pattern.split(separator: "/").map(String.init).prefix { !$0.contains { "*?[\\".contains($0) } }
      }.map(Array.init))
    return all.filter { root in !all.contains { $0 != root && root.starts(with: $0) } }.sorted {
      $0.joined(separator: "/") < $1.joined(separator: "/")
    }
  }

  private func look(at path: [String], _ list: GlobList, _ found: inout Found, _ entries: inout Int)
    throws(KeepingFailure)
  {
    guard let name = path.last else { return try walk(top, [], list, &found, &entries) }
    // What is not there matches nothing.
    guard let folder = try? OpenTree.folder(path.dropLast(), below: top) else { return }
    try take(name, in: folder, path, list, &found, &entries)
  }

  private func walk(
    _ folder: Descriptor, _ path: [String], _ list: GlobList, _ found: inout Found, _ entries: inout Int
  ) throws(KeepingFailure) {
    guard path.count < OpenTree.deepest else { return }
    for name in try OpenTree.names(in: folder) {
      entries += 1
      guard entries <= Self.mostEntries else {
        throw KeepingFailure("the patterns lead through more than \(Self.mostEntries) files; name a folder in them")
      }
      guard let name else {
        if list.includes(path + ["\u{fffd}"]) { found.unnamed += 1 }
        continue
      }
      guard name != ".git" else { continue }
      try take(name, in: folder, path + [name], list, &found, &entries)
    }
  }

  private func take(
    _ name: String, in folder: Descriptor, _ path: [String], _ list: GlobList, _ found: inout Found,
    _ entries: inout Int
  ) throws(KeepingFailure) {
    guard let status = OpenTree.status(name, in: folder) else { return }
    switch status.st_mode & S_IFMT {
    case S_IFDIR:
      guard let inner = try? OpenTree.folder([name], below: folder) else {
        found.closed += 1
        return
      }
      try walk(inner, path, list, &found, &entries)
    case let kind:
      guard list.includes(path) else { return }
      switch kind {
      case S_IFREG: found.files.append(path.joined(separator: "/"))
      case S_IFLNK: found.links += 1
      default: found.others += 1
      }
    }
  }
}

extension GlobList {
  fileprivate func includes(_ path: [String]) -> Bool {
    if case .included = answer(to: path.joined(separator: "/")) { true } else { false }
  }
}
