import Glibc

/// The cgroup v2 that held what a run had started (cgroups(7), `cgroup.kill`).
struct ControlGroup {
  private let path: String

  /// - Parameter path: as the runner recorded it.
  /// - Returns: `nil` for anything but a run's own group in the cgroup file system: the file that says it can
  ///   be written by the runner's user.
  init?(path: String) {
    let parts = path.split(separator: "/")
    guard path.hasPrefix("/sys/fs/cgroup/"), parts.last?.hasPrefix("pushrod-run-") == true,
      !parts.contains(".."), !path.utf8.contains(0)
    else { return nil }
    self.path = path
  }

  /// Ends every process in it, and removes it where it is then empty. Quiet where it is gone already, or
  /// where the agent may not: under systemd, the runner's unit takes its processes with it.
  func kill() {
    let descriptor = open(path + "/cgroup.kill", O_WRONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { return }
    _ = write(descriptor, "1", 1)
    close(descriptor)
    for _ in 0..<50 {
      if rmdir(path) == 0 || errno != EBUSY { return }
      // The steps' own groups first.
      for child in children { rmdir(path + "/" + child) }
      usleep(2_000)
    }
  }

  private var children: [String] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      guard Int32(entry.pointee.d_type) == Int32(DT_DIR) else { continue }
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }
}
