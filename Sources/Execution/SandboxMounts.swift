import Glibc
import Model
import RunDirectory

/// What a step in a sandbox sees of the file system: the arguments of bwrap(1) that build it, from the ground up.
struct SandboxMounts {
  let sandbox: Sandbox
  let spec: RunSpec
  let directory: RunDirectory
  let home: String
  /// Bytes that each of its temporary folders may hold, which are memory; `nil`: half of the machine's.
  var room: Int?

  /// The machine as it is, read-only. The kernel's switches are, too: a step of root could turn them without any capability,
  /// and what `core_pattern` names is run outside.
  static let system =
    ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--ro-bind", "/proc/sys", "/proc/sys"]
    + ["/proc/sysrq-trigger", "/proc/fs"].flatMap { ["--ro-bind-try", $0, $0] }

  /// Everybody's, or other people's: sockets that lead out, and files that a step of another run could read.
  private static let emptied = ["/tmp", "/var/tmp", "/run", "/home", "/root"]
  /// Where packages put an agent and its runners, should nobody have said where they are.
  private static let usual = ["/etc/pushrod", "/var/lib/pushrod", "/var/lib/pushrod-runner"]
  /// No step runs without them, so a home or a folder of ours that is one of them stays as it is.
  private static let indispensable = [
    "/", "/bin", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/opt", "/proc", "/sbin", "/srv", "/sys", "/usr", "/var",
    "/var/lib",
  ]

  /// - Parameter environment: the step's, which names files that it is to read and write.
  /// - Throws: `RunnerFailure` where a path of `write` is not there.
  func arguments(environment: [String]) throws(RunnerFailure) -> [String] {
    let privates = Set(SandboxMounts.emptied + [home]).filter { isFolder($0) && !isSystem($0) }
    let own = hidden
    let writable = try writable()
    var arguments = SandboxMounts.system
    // Of a user without a home, or with one that is the system's; what a step says itself counts.
    if !privates.contains(home), environment.contains("HOME=\(home)") { arguments += ["--setenv", "HOME", "/tmp"] }
    let size = room.map { ["--size", "\($0)"] } ?? []
    for place in sorted(privates) {
      arguments += size
      arguments += (place == "/tmp" || place == "/var/tmp" ? ["--perms", "1777"] : []) + ["--tmpfs", place]
    }
    // Where names are looked up, when systemd does it.
    if sandbox.hasNetwork { arguments += ["--ro-bind-try", "/run/systemd/resolve", "/run/systemd/resolve"] }
    arguments += own.enumerated().filter { index, path in
      // What is in a folder that is hidden already would only give its name away.
      !(privates + own[..<index]).contains { isWithin(path, $0) }
    }.flatMap { hiding($1) }
    for path in writable { arguments += ["--bind", path, path] }
    // A folder that may be written to and has ours in it does not bring them back.
    arguments += own.filter { path in writable.contains { isWithin(path, $0) && path != $0 } }.flatMap(hiding)
    if isFolder(spec.mirror) { arguments += ["--ro-bind", spec.mirror, spec.mirror] }
    if let workspace = StepProgram.resolved(spec.workspace) { arguments += ["--bind", workspace, workspace] }
    for (name, way) in [("EVENT_FILE", "--ro-bind"), ("MESSAGE_FILE", "--ro-bind"), ("OUTPUT", "--bind")] {
      let prefix = "PUSHROD_\(name)="
      for file in environment.filter({ $0.hasPrefix(prefix) }).map({ String($0.dropFirst(prefix.count)) })
      where !file.isEmpty && exists(file) {
        arguments += [way, file, file]
      }
    }
    return arguments
  }

  /// The runner's folder and the agent's, with all that other runs have in them.
  private var hidden: [String] {
    var paths = SandboxMounts.usual + (spec.hidden ?? []) + [directory.path]
    let parts = directory.path.split(separator: "/")
    if parts.dropLast().last == "runs" {
      let area = RunArea(root: "/" + parts.dropLast(2).joined(separator: "/"))
      paths += [area.runs, area.workspaces, area.mirrors, area.logs, area.caches]
    }
    return sorted(Set(paths.compactMap(StepProgram.resolved)).filter { !isSystem($0) })
  }

  private func writable() throws(RunnerFailure) -> [String] {
    var paths: [String] = []
    for path in sandbox.write {
      guard let resolved = StepProgram.resolved(path) else {
        throw RunnerFailure("the sandbox cannot be made: `write` names \(path), which is not there; make it first")
      }
      guard resolved != "/" else {
        throw RunnerFailure("the sandbox cannot be made: `write` names \(path), which is the whole system")
      }
      paths.append(resolved)
    }
    return sorted(paths)
  }

  private func hiding(_ path: String) -> [String] {
    isFolder(path) ? ["--tmpfs", path] : ["--ro-bind", "/dev/null", path]
  }

  /// Folders before what is in them.
  private func sorted(_ paths: some Sequence<String>) -> [String] { paths.sorted() }

  private func isSystem(_ path: String) -> Bool {
    SandboxMounts.indispensable.contains(path) || path.hasPrefix("/usr/")
  }

  private func isWithin(_ path: String, _ folder: String) -> Bool { path == folder || path.hasPrefix(folder + "/") }

  private func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  private func isFolder(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }
}
