import Glibc

/// A part of the cgroup v2 tree that holds everything a run or a step starts.
///
/// Each step gets a leaf of its own below the run's: a cgroup that was killed once is not used again, because the kernel
/// (6.18 seen) then kills whatever is started in it with `CLONE_INTO_CGROUP`.
///
/// Leaving it takes rights that steps do not have, and `cgroup.kill` (Linux 5.14) ends all of it at once, however
/// fast it forks. Control Group v2, kernel.org `admin-guide/cgroup-v2`.
struct Cgroup {
  /// Absolute.
  let path: String

  /// Makes a leaf below this process's own cgroup.
  /// - Returns: `nil` where there is no cgroup v2 tree, no right to write in it, or no `cgroup.kill`.
  static func make(name: String) -> Cgroup? {
    guard let own = ownFolder() else { return nil }
    return make(at: (own == "/" ? "" : own) + "/" + name)
  }

  /// Makes a leaf below this one.
  func child(_ name: String) -> Cgroup? { Cgroup.make(at: path + "/" + name) }

  private static func make(at path: String) -> Cgroup? {
    if mkdir(path, 0o755) != 0 {
      // What a dead process of the same number left behind.
      guard errno == EEXIST, rmdir(path) == 0, mkdir(path, 0o755) == 0 else { return nil }
    }
    guard access(path + "/cgroup.kill", W_OK) == 0 else {
      rmdir(path)
      return nil
    }
    return Cgroup(path: path)
  }

  /// A descriptor of the folder, to start processes in.
  func open() -> Descriptor? { Descriptor.open(path, O_RDONLY | O_DIRECTORY) }

  /// The living processes in it.
  var processes: [pid_t] {
    (SmallFile.read(path + "/cgroup.procs") ?? "").split(separator: "\n").compactMap { pid_t($0) }
  }

  /// Sends SIGKILL to every process in it and below it.
  func kill() { _ = SmallFile.write("1", to: path + "/cgroup.kill") }

  /// Removes it and what is below it. The kernel may take a moment to let go of processes that were collected
  /// already; fails quietly where it does not.
  func remove() {
    for _ in 0..<50 {
      if rmdir(path) == 0 || errno == ENOENT { return }
      removeBelow(path)
      if rmdir(path) == 0 { return }
      usleep(2_000)
    }
  }

  /// Steps may have made groups of their own.
  private func removeBelow(_ path: String) {
    for name in FileTree.folders(in: path) where rmdir(path + "/" + name) != 0 {
      removeBelow(path + "/" + name)
      rmdir(path + "/" + name)
    }
  }

  /// The folder of this process's own cgroup.
  private static func ownFolder() -> String? {
    guard let mount = mountPoint(in: SmallFile.read("/proc/self/mountinfo") ?? ""),
      let line = (SmallFile.read("/proc/self/cgroup") ?? "").split(separator: "\n").first(where: {
        $0.hasPrefix("0::/")
      })
    else { return nil }
    var own = String(line.dropFirst(3))
    // Of a bind-mounted part of the tree, only what lies below the part's root is visible.
    if mount.root != "/" {
      guard own.hasPrefix(mount.root) else { return nil }
      own = String(own.dropFirst(mount.root.count))
    }
    return mount.path + (own == "/" ? "" : own)
  }

  /// Where the cgroup v2 tree is mounted, and which part of it; proc_pid_mountinfo(5).
  static func mountPoint(in mountinfo: String) -> (path: String, root: String)? {
    for line in mountinfo.split(separator: "\n") {
      let fields = line.split(separator: " ")
      guard let dash = fields.firstIndex(of: "-"), fields.count > dash + 1, fields[dash + 1] == "cgroup2",
        dash > 5
      else { continue }
      return (String(fields[4]), String(fields[3]))
    }
    return nil
  }
}
