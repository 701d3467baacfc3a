import AgentConfiguration
import Glibc

/// Whether the agent's folders are its own, and whether there is room in them.
struct FolderCheck {
  let configuration: Configuration

  func findings() -> [Finding] {
    var findings = [permissions(configuration.data)]
    findings.append(room(configuration.data))
    if configuration.runnerData != configuration.data { findings.append(room(configuration.runnerData)) }
    return findings
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

  /// Below the first it will not last, below the second nothing works any more.
  private static let little = 2 << 30
  private static let nothing = 100 << 20

  private func room(_ folder: String) -> Finding {
    var place = folder
    var system = statvfs()
    // What is not there yet will be made in the folder above.
    while statvfs(place, &system) != 0 {
      guard errno == ENOENT, let slash = place.lastIndex(of: "/"), slash > place.startIndex else {
        return .fail("disk", "\(folder) cannot be looked at: \(String(cString: strerror(errno))).", "Make the folder.")
      }
      place = String(place[..<slash])
    }
    let free = Int(system.f_bavail) * Int(system.f_frsize)
    let words = "\(free >> 20) MB are free for \(folder)."
    let advice = "Make room; workspaces of pipelines that are gone may be deleted."
    if free < FolderCheck.nothing { return .fail("disk", words, advice) }
    if system.f_files > 0, system.f_favail < 10_000 {
      return .fail("disk", "Only \(system.f_favail) more files can be made in \(folder).", advice)
    }
    return free < FolderCheck.little ? .warn("disk", words, advice) : .ok("disk", words)
  }
}
