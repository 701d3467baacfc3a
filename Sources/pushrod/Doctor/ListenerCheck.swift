import Agent
import AgentConfiguration
import Glibc
import Model
import NIOCore
import NIOPosix

/// Whether an agent answers, or, where none does, whether one could listen.
struct ListenerCheck {
  let configuration: Configuration

  func findings() async -> [Finding] {
    let client = APIClient(.socket(configuration.socket))
    if let status = try? await client.get(AgentStatus.self, "/api/status") {
      var findings: [Finding] = [
        .ok(
          "agent",
          "Version \(status.version) answers on \(configuration.socket): \(status.runningRuns) running, "
            + "\(status.queuedRuns) queued.")
      ]
      if let error = status.reloadError {
        findings.append(
          .fail("agent", "It works by older files, because the new ones are broken: \(error)", "Correct the file."))
      }
      if let drain = status.draining {
        findings.append(
          .warn(
            "drain", "No run is started: \(drain.by) drained the agent \(Wording.ago(drain.since)).",
            drain.endsAgent == true ? "It stops when its runs have ended; start it again then." : "pushrod drain --off")
        )
      }
      if let api = configuration.api { findings.append(await apiFinding(api.listen)) }
      return findings + StoreCheck.findings(status) + (status.polls ?? []).map(finding)
        + SubscriptionCheck.findings(status) + RedeliveryCheck.findings(status)
    }
    return [await portFinding()]
  }

  private func finding(_ poll: PollReport) -> Finding {
    let last = poll.askedAt.map { "asked \(Wording.ago($0))" } ?? "not asked yet"
    guard let error = poll.error else { return .ok("poll", "\(poll.url): \(last), every \(poll.interval).") }
    let compared = poll.comparedAt.map { "; its tips were compared last \(Wording.ago($0))" } ?? ""
    return .warn(
      "poll", "\(poll.url): \(last), and that came to nothing\(compared): \(error)",
      "It is asked again by itself; pushes that were missed are found then.")
  }

  /// The agent may have been started before `api` was written.
  private func apiFinding(_ address: ListenAddress) async -> Finding {
    guard address.port != 0 else { return .ok("api", "The system chooses its port; the agent's log has it.") }
    do {
      let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .connectTimeout(.seconds(5))
        .connect(host: address.host, port: address.port).get()
      try await channel.close()
      return .ok("api", "Reached at \(address).")
    } catch {
      return .fail(
        "api", "The configuration has it at \(address), where nobody answers: \(ConnectionProblem.words(for: error)).",
        "Restart the agent.")
    }
  }

  private func portFinding() async -> Finding {
    let address = configuration.listen
    do {
      let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
        .bind(host: address.host, port: address.port).get()
      try await channel.close()
      return .warn(
        "agent", "No agent answers on \(configuration.socket); \(address) is free.", "Start it: pushrod serve")
    } catch {
      return .fail(
        "agent",
        "No agent answers on \(configuration.socket), and \(address) cannot be listened on: \(ConnectionProblem.words(for: error)).",
        "See who has it (ss -ltnp): systemd holds it for the agent where pushrod.socket is enabled; then start the agent. "
          + "Else configure another `listen`.")
    }
  }
}
