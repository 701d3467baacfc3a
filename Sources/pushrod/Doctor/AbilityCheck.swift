import Agent
import AgentConfiguration
import Model
import RunDirectory

/// Whether runners can keep steps within what pipelines say of them.
struct AbilityCheck {
  let environment: [String: String]
  let launcher: Configuration.Launcher
  let pipelines: [Pipeline]
  /// `nil` where the configuration could not be read.
  let area: RunArea?

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
    guard let problem = abilities.noUsers else {
      return closedFolder ?? rootSteps(abilities) ?? .ok("users", "Runners can run steps as other users (`user`).")
    }
    let isWanted = pipelines.contains { pipeline in pipeline.everyStep.contains { pipeline.user(of: $0) != nil } }
    guard isWanted else {
      return .ok("users", "No pipeline names a `user`, and steps run as the runner's: \(problem).")
    }
    return .fail(
      "users", "A pipeline names a `user`: \(problem).",
      "Grant them in a drop-in of pushrod-runner@.service: see pushrod-runner-grants.conf.")
  }

  /// Nobody wrote that these are to be root, and they are.
  private func rootSteps(_ abilities: RunnerAbilities) -> Finding? {
    guard abilities.isRoot == true else { return nil }
    let names = pipelines.filter { pipeline in pipeline.everyStep.contains { pipeline.user(of: $0) == nil } }
      .map { "`\($0.name.shown(limit: 60))`" }
    guard !names.isEmpty else { return nil }
    let shown = names.prefix(5).joined(separator: ", ") + (names.count > 5 ? ", …" : "")
    return .warn(
      "users", "Runners are root, and so are the steps that name no `user`, in \(shown).",
      "Write `user: NAME` there, `user: root` where that is meant; or run the agent as a user of its own, as make install does."
    )
  }

  /// A folder that a user of a pipeline's steps cannot pass.
  private var closedFolder: Finding? {
    guard let area else { return nil }
    let names = Set(pipelines.flatMap { pipeline in pipeline.everyStep.compactMap { pipeline.user(of: $0) } })
    for name in names.sorted() {
      guard let folders = UserFolders(of: name) else {
        return .fail(
          "users", "A pipeline names the user `\(name)`, and there is none.", "useradd --system --create-home \(name)")
      }
      for (path, use) in [
        (area.workspaces, "no step of its begins"), (area.mirrors, "`git` does not work in its steps"),
      ] {
        guard let folder = folders.closed(onTheWayTo: path) else { continue }
        return .warn(
          "users", "The user `\(name)` of a pipeline cannot pass \(folder.onOneLine), so \(use).",
          "chmod o+x \(folder.onOneLine); where that is the agent's own `data`, give runners a folder of their own (`runs.data`)."
        )
      }
    }
    return nil
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
