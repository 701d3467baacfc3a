import Agent
import AgentConfiguration
import Glibc
import Model

/// Whether the agent's folders are its own, and whether there is room in them.
struct FolderCheck {
  let configuration: Configuration

  func findings() -> [Finding] {
    var findings = [permissions(configuration.data)]
    findings.append(room(configuration.data))
    guard configuration.runnerData != configuration.data else { return findings }
    if let runs { findings.append(runs) }
    findings.append(room(configuration.runnerData))
    return findings
  }

  /// A runner that the agent starts itself writes where the agent may. What is not there yet is made in the folder above.
  private var runs: Finding? {
    guard case .spawn = configuration.launcher else { return nil }
    var place = configuration.runnerData + "/runs"
    while access(place, F_OK) != 0, errno == ENOENT, place != "/", let slash = place.lastIndex(of: "/") {
      place = slash == place.startIndex ? "/" : String(place[..<slash])
    }
    guard access(place, W_OK | X_OK) != 0 else { return nil }
    return .fail(
      "runs", "This user may not write to \(place): \(String(cString: strerror(errno))). So no run can begin.",
      "Give it to the agent's user, or name another folder as `runs.data` in \(configuration.file). "
        + "Where another user is the agent's, run doctor as that one.")
  }

  private func permissions(_ folder: String) -> Finding {
    var status = stat()
    guard stat(folder, &status) == 0 else {
      return errno == ENOENT
        ? .ok("data", "\(folder) is not there yet; the agent makes it.")
        : .fail(
          "data", "\(folder) cannot be looked at: \(String(cString: strerror(errno))).",
          "Run doctor as the agent's user.")
    }
    if status.st_mode & 0o007 != 0 {
      return .fail(
        "data", "Everybody on this machine may look into \(folder), where payloads are kept.", "chmod o= \(folder)")
    }
    if access(folder, R_OK | W_OK | X_OK) != 0 {
      return .warn("data", "\(folder) does not belong to this user.", "Run doctor as the agent's user.")
    }
    return .ok("data", "\(folder) is closed to others.")
  }

  private func room(_ folder: String) -> Finding {
    let marks = configuration.limits.disk
    guard let room = DiskRoom("", at: folder, marks) else {
      return .fail("disk", "\(folder) cannot be looked at: \(String(cString: strerror(errno))).", "Make the folder.")
    }
    let words = "\(ByteSize.words(room.free)) are free for \(folder)."
    let advice =
      "Make room: keep fewer runs (`runs.keep` in \(configuration.file)); workspaces of pipelines that are gone may be "
      + "deleted."
    if room.level == .short {
      return .fail("disk", "\(words) No run starts below \(ByteSize.words(room.stop)).", advice)
    }
    if let files = room.files, files < 10_000 {
      return .fail("disk", "Only \(files) more files can be made in \(folder).", advice)
    }
    return room.level == .low ? .warn("disk", words, advice) : .ok("disk", words)
  }
}
