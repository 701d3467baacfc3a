import CLinux
import Glibc

/// Hands a folder with all that is in it from one user to another.
///
/// Whoever owns a part of it can put things there at any moment. So every file is taken hold of before it is looked at; no link
/// is followed; nothing is touched that belongs to others than those who are named; and nothing that has a second name, because
/// that may lie anywhere.
struct Ownership {
  /// Whose files change hands.
  let from: Set<uid_t>
  let user: uid_t
  let group: gid_t

  /// - Throws: `RunnerFailure` where something could not be given to them.
  func hand(over path: String) throws(RunnerFailure) {
    guard let folder = Descriptor.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW) else {
      throw .last("hand over \(path)")
    }
    var status = stat()
    guard fstat(folder.raw, &status) == 0 else { throw .last("look at \(path)") }
    try take(folder, status, path)
    try walk(folder, device: status.st_dev, path, depth: 0)
  }

  /// Deeper than any path that a program can open.
  private static let deepest = 2048

  private func walk(_ folder: Descriptor, device: dev_t, _ path: String, depth: Int) throws(RunnerFailure) {
    guard depth < Ownership.deepest else { throw RunnerFailure("cannot hand over \(path): it is nested too deeply") }
    for name in try names(in: folder, path) {
      let raw = pushrod_open_place(folder.raw, name)
      // It may have gone in the meantime.
      guard raw >= 0 else { continue }
      let place = Descriptor(raw)
      var status = stat()
      guard fstat(place.raw, &status) == 0, status.st_dev == device else { continue }
      let isFolder = status.st_mode & S_IFMT == S_IFDIR
      guard isFolder || status.st_nlink == 1 else { continue }
      try take(place, status, path + "/" + name)
      guard isFolder else { continue }
      let inner = openat(folder.raw, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
      guard inner >= 0 else { continue }
      let opened = Descriptor(inner)
      var again = stat()
      guard fstat(opened.raw, &again) == 0, again.st_dev == status.st_dev, again.st_ino == status.st_ino else {
        continue
      }
      try walk(opened, device: device, path + "/" + name, depth: depth + 1)
    }
  }

  private func take(_ place: Descriptor, _ status: stat, _ path: String) throws(RunnerFailure) {
    guard from.contains(status.st_uid), status.st_uid != user || status.st_gid != group else { return }
    guard pushrod_change_owner(place.raw, user, group) == 0 || errno == ENOENT else { throw .last("hand over \(path)") }
  }

  private func names(in folder: Descriptor, _ path: String) throws(RunnerFailure) -> [String] {
    guard let listing = fdopendir(fcntl(folder.raw, F_DUPFD_CLOEXEC, 3)) else { throw .last("list \(path)") }
    defer { closedir(listing) }
    rewinddir(listing)
    var names: [String] = []
    while let entry = readdir(listing) {
      // Names are bytes; one that is no text is none that a checkout has written.
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if let name, name != ".", name != ".." { names.append(name) }
    }
    return names
  }
}
