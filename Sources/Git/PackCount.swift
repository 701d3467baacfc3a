import Glibc

/// How many packs a mirror has, and how large they are.
public struct PackCount: Sendable, Hashable {
  public var packs = 0
  /// With their indexes.
  public var bytes = 0
  /// Somebody has asked for a pack to be kept as it is (git-gc(1)).
  public var isKept = false
}

extension Mirror {
  var packFolder: String { "\(path)/objects/pack" }

  /// Counted on disk now.
  public var packCount: PackCount {
    var count = PackCount()
    for name in names(in: packFolder) {
      var status = stat()
      guard stat("\(packFolder)/\(name)", &status) == 0 else { continue }
      count.bytes += Int(status.st_size)
      if name.hasSuffix(".pack") { count.packs += 1 }
      if name.hasSuffix(".keep") { count.isKept = true }
    }
    return count
  }

  /// When it was last fetched into or checked out from, in seconds since 1970; 0 where that is unknown.
  public var lastUse: Int {
    var last = 0
    for path in [MirrorLock.path(of: path), packFolder] {
      var status = stat()
      if stat(path, &status) == 0 { last = max(last, status.st_mtim.tv_sec) }
    }
    return last
  }

  /// It was read from, without a fetch.
  func noteUse() { utimensat(AT_FDCWD, MirrorLock.path(of: path), nil, AT_SYMLINK_NOFOLLOW) }
}
