import CLinux
import Glibc
import Model

/// The caches of all repositories: `<folder>/<repository>/<key>/`, in it `about` and a numbered copy of each path.
///
/// An entry is made beside its place, brought to the disk, and put there with one rename, so it is whole or not there,
/// also after a kill or a power cut. It never changes afterwards. Who copies from it holds a shared lock on `about`, and who makes or
/// removes one an exclusive one; a lock that can be had on something unfinished says that its maker is dead.
struct CacheStore {
  let folder: String
  /// Bytes of all entries together.
  let limit: Int

  private static let about = "about"
  private static let unfinished = ".new-"
  private static let removed = ".old-"

  /// An entry that nobody removes while this is held.
  final class Entry {
    let folder: Descriptor
    private let lock: Descriptor

    init(_ folder: Descriptor, _ lock: Descriptor) {
      self.folder = folder
      self.lock = lock
    }
  }

  /// The entry of this key; `nil` where there is none. It counts as used now.
  func find(_ key: String, of repository: String) -> Entry? {
    guard let place = try? OpenTree.folder([repository, key], below: OpenTree.top(folder)) else { return nil }
    guard let lock = Self.open(Self.about, in: place, O_RDWR), flock(lock.raw, LOCK_SH) == 0 else { return nil }
    // Removed while the lock was waited for?
    guard
      (try? OpenTree.folder([repository, key], below: OpenTree.top(folder))).map({ Self.isSame($0, place) }) == true
    else { return nil }
    futimens(lock.raw, nil)
    return Entry(place, lock)
  }

  /// Makes an entry of what `fill` puts into a folder.
  /// - Returns: false where another run was faster.
  func add(
    _ key: String, of repository: String, fill: (Descriptor) throws(KeepingFailure) -> Int
  ) throws(KeepingFailure) -> Bool {
    _ = mkdir(folder, 0o750)
    let top = try OpenTree.top(folder)
    let place = try OpenTree.folder([repository], below: top, making: 0o750)
    let name = "\(Self.unfinished)\(getpid())-\(key.prefix(8))"
    try OpenTree.remove(name, in: place)
    guard mkdirat(place.raw, name, 0o700) == 0 else { throw .last("make", name) }
    let new = try OpenTree.folder([name], below: place)
    guard let about = Self.open(Self.about, in: new, O_RDWR | O_CREAT | O_EXCL),
      flock(about.raw, LOCK_EX | LOCK_NB) == 0
    else { throw .last("make", Self.about) }
    do throws(KeepingFailure) {
      let bytes = try fill(new)
      guard about.writeAll(Array("\(bytes)\n".utf8)) else { throw KeepingFailure.last("write", Self.about) }
      // One call for all of it: an entry has tens of thousands of files.
      guard pushrod_sync_file_system(new.raw) == 0 else { throw KeepingFailure.last("bring to the disk", name) }
    } catch {
      try? OpenTree.remove(name, in: place)
      throw error
    }
    guard renameat(place.raw, name, place.raw, key) == 0 else {
      let code = errno
      try OpenTree.remove(name, in: place)
      if code == EEXIST || code == ENOTEMPTY { return false }
      errno = code
      throw .last("put in place", key)
    }
    fsync(place.raw)
    flock(about.raw, LOCK_UN)
    tidy(top)
    return true
  }

  // MARK: Room

  private struct Candidate {
    let repository: Descriptor
    let name: String
    let bytes: Int
    let used: timespec
  }

  /// Removes what was used least recently until the rest fits, and what dead processes left.
  func tidy(_ top: Descriptor) {
    // One process at a time; whoever holds it does the same.
    guard let lock = Self.open(".lock", in: top, O_RDWR | O_CREAT), flock(lock.raw, LOCK_EX | LOCK_NB) == 0 else {
      return
    }
    var candidates: [Candidate] = []
    for repository in (try? OpenTree.names(in: top)) ?? [] {
      guard let repository, !repository.hasPrefix("."), let place = try? OpenTree.folder([repository], below: top)
      else {
        continue
      }
      for name in (try? OpenTree.names(in: place)) ?? [] {
        guard let name else { continue }
        if name.hasPrefix(".") {
          removeLeftover(name, in: place)
        } else if let candidate = Self.candidate(name, place) {
          candidates.append(candidate)
        }
      }
    }
    var total = candidates.reduce(0) { $0 + $1.bytes }
    for candidate in candidates.sorted(by: { ($0.used.tv_sec, $0.used.tv_nsec) < ($1.used.tv_sec, $1.used.tv_nsec) }) {
      guard total > limit else { break }
      if remove(candidate.name, in: candidate.repository) { total -= candidate.bytes }
    }
  }

  private static func candidate(_ name: String, _ place: Descriptor) -> Candidate? {
    guard let entry = try? OpenTree.folder([name], below: place), let about = open(Self.about, in: entry, O_RDONLY)
    else {
      return nil
    }
    var status = stat()
    guard fstat(about.raw, &status) == 0 else { return nil }
    var text = [UInt8](repeating: 0, count: 32)
    let count = read(about.raw, &text, text.count)
    let digits = text.prefix(max(count, 0)).prefix { (0x30...0x39).contains($0) }
    let bytes = Int(String(decoding: digits, as: UTF8.self)) ?? 0
    return Candidate(repository: place, name: name, bytes: bytes, used: status.st_mtim)
  }

  private func remove(_ name: String, in place: Descriptor) -> Bool {
    guard let entry = try? OpenTree.folder([name], below: place), let about = Self.open(Self.about, in: entry, O_RDWR),
      flock(about.raw, LOCK_EX | LOCK_NB) == 0
    else { return false }
    // Out of its place first: nobody finds half of it.
    let gone = "\(Self.removed)\(getpid())-\(name.prefix(16))"
    guard renameat(place.raw, name, place.raw, gone) == 0 else { return false }
    try? OpenTree.remove(gone, in: place)
    return true
  }

  private func removeLeftover(_ name: String, in place: Descriptor) {
    guard name.hasPrefix(Self.unfinished) || name.hasPrefix(Self.removed) else { return }
    if let entry = try? OpenTree.folder([name], below: place), let about = Self.open(Self.about, in: entry, O_RDWR) {
      guard flock(about.raw, LOCK_EX | LOCK_NB) == 0 else { return }
    } else if let status = OpenTree.status(name, in: place), status.st_mtim.tv_sec > time(nil) - 3600 {
      // Its maker has not come to the lock yet.
      return
    }
    try? OpenTree.remove(name, in: place)
  }

  private static func open(_ name: String, in folder: Descriptor, _ flags: Int32) -> Descriptor? {
    let raw = openat(folder.raw, name, flags | O_NOFOLLOW | O_CLOEXEC, 0o640)
    return raw < 0 ? nil : Descriptor(raw)
  }

  private static func isSame(_ one: Descriptor, _ other: Descriptor) -> Bool {
    var (a, b) = (stat(), stat())
    return fstat(one.raw, &a) == 0 && fstat(other.raw, &b) == 0 && a.st_ino == b.st_ino && a.st_dev == b.st_dev
  }
}
