import CGit2
import Glibc

/// What became of a repacking.
public enum RepackOutcome: Sendable, Hashable {
  case done(before: PackCount, after: PackCount, removedRefs: Int)
  /// A run came in between; nothing was changed.
  case busy
}

extension Mirror {
  /// Puts everything that is still needed into one pack: what refs name that were fetched since `oldest`, and what
  /// workspaces have checked out. Other refs are removed, and all that only they kept.
  ///
  /// The new pack is made beside the mirror's own and is whole and on disk before the two folders change places, in one
  /// step: whoever kills this at any moment leaves the old mirror or the new one. Nobody has to wait: fetches go on
  /// meanwhile, and where one did, or where somebody reads the mirror in the last moment, the work is thrown away.
  /// - Parameters:
  ///   - folder: of all mirrors.
  ///   - workspaces: absolute paths of all workspaces.
  ///   - oldest: in seconds since 1970.
  /// - Throws: `.internal` where objects are missing, or the disk is full; the mirror is then as it was.
  public func repack(in folder: String, workspaces: [String], oldest: Int) throws(GitFailure) -> RepackOutcome {
    GitLibrary.initialize()
    let before = packCount
    try requireRoom(for: before.bytes)
    removeRepacked()
    defer { removeRepacked() }
    guard let lock = MirrorLock.tryHold(mirror: path) else { return .busy }
    removeLeftovers()
    let start: MirrorSnapshot
    do {
      defer { lock.release() }
      start = try snapshot(workspaces)
    }
    let old = start.refs.keys.filter { isOlder(ref: $0, than: oldest) }
    try writePack(of: start.refs.filter { !old.contains($0.key) }.map(\.value) + start.heads.flatMap(\.self))
    return try exchange(in: folder, start, workspaces, removing: old)
      ? .done(before: before, after: packCount, removedRefs: old.count) : .busy
  }

  /// Where the new pack is made; after the exchange, where the old ones are until they are removed.
  private var repacked: String { "\(path)/repack" }

  /// Also of a repacking that was killed. Only one is under way at a time.
  private func removeRepacked() { try? Directories.remove(repacked) }

  private func explained<Result: ~Copyable>(
    _ body: () throws(LibraryError) -> Result
  ) throws(GitFailure) -> Result {
    try LibraryError.explained("The mirror \(path) cannot be repacked", operation: "repack", body)
  }

  private func failure(_ what: String, _ error: SystemError) -> GitFailure {
    GitFailure(.internal, operation: "repack", "The mirror \(path) cannot be repacked: \(what): \(error).")
  }

  private func snapshot(_ workspaces: [String]) throws(GitFailure) -> MirrorSnapshot {
    try explained { () throws(LibraryError) in
      try MirrorSnapshot(of: self, in: Repository(openBare: path), workspaces: workspaces)
    }
  }

  /// A ref without a file of its own is of unknown age, and stays.
  private func isOlder(ref: String, than oldest: Int) -> Bool {
    var status = stat()
    return lstat("\(path)/\(ref)", &status) == 0 && status.st_mtim.tv_sec < oldest
  }

  private func requireRoom(for bytes: Int) throws(GitFailure) {
    var space = statvfs()
    guard statvfs(path, &space) == 0 else { throw failure("statvfs", .current) }
    guard Int(clamping: space.f_bavail) * Int(space.f_frsize) > bytes * 2 else {
      throw GitFailure(
        .internal, operation: "repack",
        "The mirror \(path) cannot be repacked: that needs \(bytes * 2) bytes free on its disk. Make room.")
    }
  }

  /// - Parameter tips: ids of commits and tags; those that are not here belong to other mirrors.
  private func writePack(of tips: [String]) throws(GitFailure) {
    var status = stat()
    guard stat(packFolder, &status) == 0, mkdir(repacked, 0o700) == 0, mkdir("\(repacked)/pack", 0o700) == 0,
      chmod("\(repacked)/pack", status.st_mode & 0o7777) == 0
    else { throw failure("a folder for the new pack", .current) }
    let ids = tips.compactMap { ObjectID(hex: $0) }
    let kept = try explained { () throws(LibraryError) in
      let repository = try Repository(openBare: path)
      let builder = try PackBuilder(repository)
      let kept = try builder.insert(ids)
      if !kept.isEmpty { try builder.write(to: "\(repacked)/pack") }
      return kept
    }
    try explained { () throws(LibraryError) in
      try PackBuilder.check(kept, in: repacked)
    }
    for name in names(in: "\(repacked)/pack") { try sync("\(repacked)/pack/\(name)") }
    try sync("\(repacked)/pack")
  }

  private func exchange(
    in folder: String, _ start: MirrorSnapshot, _ workspaces: [String], removing old: [String]
  ) throws(GitFailure) -> Bool {
    guard let lock = MirrorLock.tryHold(mirror: path) else { return false }
    defer { lock.release() }
    guard let use = MirrorUse.alone(in: folder, for: .seconds(2)) else { return false }
    defer { use.release() }
    guard try snapshot(workspaces) == start else { return false }
    try explained { () throws(LibraryError) in
      let repository = try Repository(openBare: path)
      for name in old { try repository.removeReference(name) }
    }
    guard pushrod_exchange("\(repacked)/pack", packFolder) == 0 else {
      throw failure("the new pack cannot be put in place", .current)
    }
    try sync("\(path)/objects")
    try sync(repacked)
    return true
  }

  private func sync(_ path: String) throws(GitFailure) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { throw failure(path, .current) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw failure(path, .current) }
  }
}
