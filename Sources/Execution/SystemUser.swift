import Glibc
import Model

/// A user of this system, as steps run as one.
struct SystemUser: Equatable {
  var name: String
  var user: uid_t
  var group: gid_t
  /// All of them, `group` included.
  var groups: [gid_t]
  var home: String

  /// - Throws: `RunnerFailure` where there is no such user, or where it is root by another name.
  init(named name: String) throws(RunnerFailure) {
    guard let entry = getpwnam(name)?.pointee else {
      throw RunnerFailure(
        "there is no user `\(name)` on this system (`user`); make it: useradd --system --create-home \(name)")
    }
    guard entry.pw_uid != 0 || name == "root" else {
      throw RunnerFailure("the user `\(name)` is root by another name; write `user: root` where that is meant")
    }
    var count: Int32 = 64
    var groups = [gid_t](repeating: 0, count: Int(count))
    if getgrouplist(name, entry.pw_gid, &groups, &count) < 0 {
      groups = [gid_t](repeating: 0, count: Int(max(count, 1)))
      guard getgrouplist(name, entry.pw_gid, &groups, &count) >= 0 else {
        throw RunnerFailure("the groups of the user `\(name)` cannot be read")
      }
    }
    self.name = name
    user = entry.pw_uid
    group = entry.pw_gid
    self.groups = Array(groups.prefix(Int(count)))
    home = String(cString: entry.pw_dir)
  }

  /// This process runs as that user already.
  var isOwn: Bool { user == geteuid() }

  /// Why this process cannot run steps as other users; `nil`: it can. The capabilities are those that starting, handing files
  /// over and ending such steps take; capabilities(7).
  static var problem: String? {
    let needed: [(bit: UInt64, name: String)] = [
      (0, "CHOWN"), (1, "DAC_OVERRIDE"), (5, "KILL"), (6, "SETGID"), (7, "SETUID"),
    ]
    let line = (SmallFile.read("/proc/self/status") ?? "").split(separator: "\n").first { $0.hasPrefix("CapEff:") }
    let effective = line.flatMap { UInt64($0.dropFirst(7).drop { $0 == "\t" || $0 == " " }, radix: 16) } ?? 0
    let missing = needed.filter { effective >> $0.bit & 1 == 0 }.map(\.name)
    return missing.isEmpty
      ? nil : "the runner is not root and has not the capabilities \(missing.joined(separator: ", "))"
  }
}
