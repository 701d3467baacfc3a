import Glibc

extension Mirror {
  /// Removes what fetches into this mirror left that were killed: packs begun and not finished, locks of refs. For
  /// whoever killed one; does nothing where another fetch is under way, which does the same when it begins.
  public func sweep() {
    guard access(path, F_OK) == 0, let lock = MirrorLock.tryHold(mirror: path) else { return }
    removeLeftovers()
    lock.release()
  }

  /// The caller holds the lock, so nobody else is writing.
  func removeLeftovers() {
    remove(from: "\(path)/objects/pack") { $0.hasPrefix("pack_git2_") || $0.hasPrefix("tmp_") }
    for name in ["packed-refs.lock", "HEAD.lock", "config.lock"] { unlink("\(path)/\(name)") }
    removeLocks(in: "\(path)/refs", depth: 0)
  }

  private func remove(from folder: String, _ isLeftover: (String) -> Bool) {
    for name in names(in: folder) where isLeftover(name) { unlink("\(folder)/\(name)") }
  }

  /// No ref's name ends in `.lock` (git-check-ref-format(1)).
  private func removeLocks(in folder: String, depth: Int) {
    guard depth < 64 else { return }
    for name in names(in: folder) {
      let path = "\(folder)/\(name)"
      var status = stat()
      guard lstat(path, &status) == 0 else { continue }
      if status.st_mode & S_IFMT == S_IFDIR {
        removeLocks(in: path, depth: depth + 1)
      } else if name.hasSuffix(".lock") {
        unlink(path)
      }
    }
  }

  /// Of a folder of the mirror; none where it cannot be read. Names that are not UTF-8 are nothing of ours.
  func names(in folder: String) -> [String] {
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    guard let names = try? Directories.names(in: descriptor) else { return [] }
    return names.compactMap { name in
      String(validating: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
  }
}
