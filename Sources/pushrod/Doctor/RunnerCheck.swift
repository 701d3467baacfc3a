import Agent
import AgentConfiguration
import FoundationEssentials
import Glibc
import Model
import RunDirectory

/// Whether there is a runner of this version, and whether its libgit2 has the security fixes it needs.
struct RunnerCheck {
  let environment: [String: String]
  let launcher: Configuration.Launcher

  /// Debian 12's revision that fixes the four holes of 2026 (path traversal in .gitmodules, delta bomb,
  /// credentials over redirects, command injection over SSH). Other systems have them fixed from 1.9.2 on.
  private static let package = "libgit2-1.5"
  private static let needed = "1.5.1+ds-1+deb12u2"

  func findings() async -> [Finding] {
    let path = RunnerExecutable.path(environment)
    guard access(path, X_OK) == 0 else {
      return [
        .fail(
          "runner", "\(path) cannot be executed.", "Install pushrod-runner beside pushrod, or set PUSHROD_RUNNER.")
      ]
    }
    guard let version = await ToolOutput.of("env", [path, "--version"]) else {
      return [.fail("runner", "\(path) does not start.", "Run `\(path) --version` by hand to see why.")]
    }
    let expected = PushrodVersion.current
    let isSame = version.split(separator: " ").contains(Substring(expected))
    let runner: Finding =
      isSame
      ? .ok("runner", "\(path), version \(expected).")
      : .warn("runner", "\(path) is \(version.onOneLine), the agent is \(expected).", "Install both from one build.")
    return [runner] + socketFinding() + [await libraryFinding(path)]
  }

  private func socketFinding() -> [Finding] {
    guard case .socket(let path) = launcher else { return [] }
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else {
      return [
        .fail(
          "runner socket", "There is no socket \(path), so no run can start.",
          "Start it: systemctl enable --now pushrod-runner.socket")
      ]
    }
    guard access(path, W_OK) == 0 else {
      return [
        .fail(
          "runner socket", "This user may not connect to \(path).",
          "Run doctor as the agent's user, or see SocketGroup= in pushrod-runner.socket.")
      ]
    }
    return [.ok("runner socket", "\(path) is there.")]
  }

  private func libraryFinding(_ path: String) async -> Finding {
    let version: String
    do {
      version = try await RunnerProbe(executable: path, environment: environment)
        .ask(ProbeRequest(remotes: [], timeout: 10)).libgit2
    } catch {
      return .fail("libgit2", "The runner cannot use libgit2: \(error).", "Install Debian's libgit2-1.5.")
    }
    guard let revision = await ToolOutput.of("dpkg-query", ["-W", "-f", "${Version}", RunnerCheck.package]) else {
      return .warn(
        "libgit2", "Version \(version), not from Debian's package \(RunnerCheck.package).",
        "Make sure that it has the security fixes of 2026.")
    }
    guard await ToolOutput.succeeds("dpkg", ["--compare-versions", revision, "ge", RunnerCheck.needed]) else {
      return .fail(
        "libgit2", "Version \(version), revision \(revision), lacks security fixes of \(RunnerCheck.needed).",
        "apt-get update && apt-get install --only-upgrade \(RunnerCheck.package)")
    }
    return .ok("libgit2", "Version \(version), revision \(revision).")
  }
}
