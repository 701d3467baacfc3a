import Agent
import AgentConfiguration
import Model

/// Whether runners can keep steps within what pipelines say of them.
struct AbilityCheck {
  let environment: [String: String]
  let launcher: Configuration.Launcher
  let pipelines: [Pipeline]

  func findings() async -> [Finding] {
    let origin: RunnerOrigin =
      switch launcher {
      case .spawn: .spawn(executable: RunnerExecutable.path(environment), environment: environment)
      case .socket(let path): .socket(path: path)
      }
    do {
      let abilities = try await RunnerInterview(origin).abilities()
      return [limits(abilities), sandbox(abilities), users(abilities)]
    } catch {
      return [
        .warn("limits", "A runner could not be asked what it can do: \(error).", "See what `runner` above says.")
      ]
    }
  }

  private func limits(_ abilities: RunnerAbilities) -> Finding {
    let all = ["memory", "cpu", "processes", "io"]
    let kept = all.filter(abilities.kernelLimits.contains)
    let watched = all.filter { !kept.contains($0) }
    if watched.isEmpty { return .ok("limits", "The kernel keeps steps within `limits` (cgroup v2).") }
    let words =
      (kept.isEmpty ? "The" : "The kernel keeps `\(kept.joined(separator: "`, `"))` (cgroup v2); the")
      + " runner itself watches over `\(watched.joined(separator: "`, `"))`"
      + ", which is less exact: it has no cgroup v2 controller for \(watched.count == 1 ? "it" : "them")."
    guard isWanted(watched) else { return .ok("limits", words) }
    return .warn(
      "limits", words,
      "Have runners started by pushrod-runner.socket on a system with cgroup v2 alone (systemd.unified_cgroup_hierarchy=1)."
    )
  }

  private func sandbox(_ abilities: RunnerAbilities) -> Finding {
    guard let problem = abilities.noSandbox else { return .ok("sandbox", "Runners can put steps into a sandbox.") }
    let isWanted = pipelines.contains { pipeline in pipeline.everyStep.contains { pipeline.sandbox(of: $0) != nil } }
    guard isWanted else { return .ok("sandbox", "No pipeline asks for one, and there is none: \(problem).") }
    return .fail(
      "sandbox", "A pipeline asks for one, and there is none: \(problem).",
      "Install bubblewrap, and allow user namespaces to the runner's user (docs/pipelines.md, `sandbox`).")
  }

  private func users(_ abilities: RunnerAbilities) -> Finding {
    guard let problem = abilities.noUsers else { return .ok("users", "Runners can run steps as other users (`user`).") }
    let isWanted = pipelines.contains { pipeline in pipeline.everyStep.contains { pipeline.user(of: $0) != nil } }
    guard isWanted else {
      return .ok("users", "No pipeline names a `user`, and steps run as the runner's: \(problem).")
    }
    return .fail(
      "users", "A pipeline names a `user`: \(problem).",
      "Grant them in a drop-in of pushrod-runner@.service: see pushrod-runner-grants.conf.")
  }

  /// Whether a pipeline has such a limit.
  private func isWanted(_ names: [String]) -> Bool {
    pipelines.contains { pipeline in
      pipeline.everyStep.map(pipeline.limits).contains { limits in
        names.contains { name in
          switch name {
          case "memory": limits.memory != nil
          case "cpu": limits.cpu != nil
          case "processes": limits.processes != nil
          default: limits.io != nil
          }
        }
      }
    }
  }
}
