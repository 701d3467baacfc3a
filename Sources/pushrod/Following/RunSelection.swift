import Agent
import Model
import Web

/// Which run a command means, from what was typed.
struct RunSelection {
  /// A run's number, a pipeline's name, or nothing: the newest run.
  let name: String?
  let commit: String?

  /// Finds the run. Where there is none yet, waits for it, also while the agent restarts.
  /// - Throws: `CommandExit` for a run or a pipeline that does not exist, and where `waits` is false.
  func find(with client: APIClient, waits: Bool) async throws -> Run {
    if let name, let number = Int(name) {
      guard commit == nil else {
        throw CommandExit(.wrongUse, "A run's number says which run is meant; --commit goes with a pipeline or alone.")
      }
      return try await client.get(RunDetail.self, "/api/runs/\(number)").run
    }
    if let run = try await newest(client) { return run }
    if let name {
      let known = try await client.get(AgentStatus.self, "/api/status").pipelines
      guard known.contains(name) else {
        throw CommandExit(
          .failed,
          "There is no pipeline `\(name.onOneLine)`; "
            + (known.isEmpty ? "the agent has none." : "known are \(known.joined(separator: ", "))."))
      }
    }
    guard waits else { throw CommandExit(.failed, "There is no run\(words) yet.") }
    Output.error.print("pushrod: waiting for a run\(words)")
    var patience = Patience()
    while true {
      do {
        if let run = try await newest(client) { return run }
        patience.found()
        try await Task.sleep(for: .milliseconds(150))
      } catch let failure as CommandExit where failure.code == .notReachable {
        try await patience.lost(failure)
      }
    }
  }

  private var words: String {
    (name.map { " of \($0)" } ?? "") + (commit.map { " for commit \($0.prefix(12))" } ?? "")
  }

  private func newest(_ client: APIClient) async throws -> Run? {
    try await client.get(RunList.self, "/api/runs", [("pipeline", name), ("commit", commit), ("limit", "1")]).runs.first
  }
}
