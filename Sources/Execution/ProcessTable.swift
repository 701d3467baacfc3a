import Glibc

/// The machine's processes, from `/proc`.
enum ProcessTable {
  /// The living descendants of `ancestor`; zombies are left out.
  /// - Parameter spared: processes that are left out with all of their own descendants.
  static func descendants(of ancestor: pid_t, besides spared: Set<pid_t> = []) -> [pid_t] {
    var children: [pid_t: [pid_t]] = [:]
    guard let folder = opendir("/proc") else { return [] }
    defer { closedir(folder) }
    var zombies: Set<pid_t> = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      guard let pid = pid_t(name), let text = SmallFile.read("/proc/\(pid)/stat", limit: 4096),
        let (parent, isZombie) = parentAndState(in: text)
      else { continue }
      children[parent, default: []].append(pid)
      if isZombie { zombies.insert(pid) }
    }
    var found: [pid_t] = []
    var open = [ancestor]
    while let next = open.popLast() {
      let own = (children[next] ?? []).filter { !spared.contains($0) }
      found += own.filter { !zombies.contains($0) }
      open += own
    }
    return found
  }

  /// `node`, `sh`: at most fifteen bytes, as the kernel keeps them.
  static func name(of pid: pid_t) -> String {
    let text = SmallFile.read("/proc/\(pid)/comm", limit: 64) ?? "?"
    return String(text.prefix { $0 != "\n" })
  }

  /// proc_pid_stat(5): the name in the second field may hold blanks and parentheses, so the fields are counted
  /// from the last `)`.
  static func parentAndState(in stat: String) -> (parent: pid_t, isZombie: Bool)? {
    guard let close = stat.lastIndex(of: ")") else { return nil }
    let fields = stat[stat.index(after: close)...].split(separator: " ")
    guard fields.count > 1, let parent = pid_t(fields[1]) else { return nil }
    return (parent, fields[0] == "Z" || fields[0] == "X")
  }
}
