import AgentConfiguration
import Glibc
import Model

/// A file in the folder of secrets, whole or not there, for its owner alone.
struct StoredSecret {
  let folder: SecretsFolder
  let name: String

  private var path: String { folder.path + "/" + name }

  /// Whether this user may write there, before anybody types a value in vain.
  func checkPlace() throws(CommandExit) {
    let above = folder.path.lastIndex(of: "/").map { String(folder.path[..<$0]) } ?? ""
    let place = NewFile.exists(folder.path) ? folder.path : above.isEmpty ? "/" : above
    guard access(place, W_OK | X_OK) == 0 || errno != EACCES else {
      throw CommandExit(.failed, "cannot write \(path.onOneLine): \(StoredSecret.words(for: EACCES)).")
    }
  }

  /// What the system says, and who may do what this user may not.
  static func words(for code: Int32) -> String {
    let words = String(cString: strerror(code))
    return code == EACCES ? "\(words): the folder is for the agent's user and root; use sudo" : words
  }

  /// - Parameter owner: whom it is made to belong to where root writes it; `nil`: root.
  /// - Returns: whether there was none of this name.
  func write(_ secret: Secret, owner: (user: uid_t, group: gid_t)?) throws(CommandExit) -> Bool {
    if !NewFile.exists(folder.path) { try NewFile.makeFolder(folder.path, mode: 0o700) }
    if let owner, geteuid() == 0 { giveAway(to: owner) }
    let isNew = !NewFile.exists(path)
    let file = try UnfinishedFile(path, mode: 0o600, code: .failed)
    if let owner, geteuid() == 0, lchown(file.temporary, owner.user, owner.group) != 0 {
      throw CommandExit(
        .failed, "cannot give \(path.onOneLine) to the agent's user: \(String(cString: strerror(errno))).")
    }
    try secret.bytes.withUnsafeBufferPointer { (bytes) throws(CommandExit) in
      try file.write(UnsafeRawBufferPointer(bytes))
    }
    try file.finish(replacing: true)
    return isNew
  }

  /// What root has made before the agent's user was known is of no use to the agent.
  private func giveAway(to owner: (user: uid_t, group: gid_t)) {
    for path in [folder.path] + (folder.entries() ?? []).map({ folder.path + "/" + $0.name }) {
      var status = stat()
      guard lstat(path, &status) == 0, status.st_uid == 0 else { continue }
      _ = lchown(path, owner.user, owner.group)
    }
  }

  /// - Returns: whether there was one.
  func remove() throws(CommandExit) -> Bool {
    guard unlink(path) == 0 else {
      if errno == ENOENT { return false }
      throw CommandExit(.failed, "cannot remove \(path.onOneLine): \(StoredSecret.words(for: errno)).")
    }
    let descriptor = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if descriptor >= 0 {
      _ = fsync(descriptor)
      close(descriptor)
    }
    return true
  }
}
