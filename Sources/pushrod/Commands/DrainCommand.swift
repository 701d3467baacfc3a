import Agent
import ArgumentParser
import Model
import Pipelines
import Web

/// `pushrod drain`: the agent starts no more runs; waits until none is under way.
struct DrainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "drain", abstract: "Let the agent start no more runs, and wait until none is under way.",
    discussion: """
      For work on the machine, before an upgrade that runs must not see. Deliveries go on being taken and recorded; \
      their runs wait. `pushrod drain --off`, or the agent's next start, has them started. Exits with 0 when no run is \
      under way, and with 1 when the limit is over first (the agent stays drained).
      """)

  @Flag(help: "Take it back: what waits is started.")
  var off = false

  @Flag(name: .customLong("no-wait"), help: "Only tell the agent.")
  var noWait = false

  @Option(help: ArgumentHelp("Wait at most so long, such as 30m.", valueName: "time"))
  var limit: String?

  @Flag(help: "Print the agent's state at the end, as JSON.")
  var json = false

  @OptionGroup var agent: AgentOptions

  func validate() throws {
    if off, noWait || limit != nil { throw ValidationError("--off waits for nothing") }
    if noWait, limit != nil { throw ValidationError("--no-wait and --limit exclude each other") }
    if let limit, LengthOfTime.read(limit) == nil {
      throw ValidationError("--limit is a length of time such as 30m or 2h, not `\(limit.onOneLine)`")
    }
  }

  func run() async throws {
    let client = try agent.client
    guard !off else {
      let bytes = try await client.delete("/api/drain")
      return json ? Output.standard.write(bytes) : Output.standard.print("The agent starts runs again.")
    }
    var status = try await client.post(AgentStatus.self, "/api/drain")
    let end = limit.flatMap(LengthOfTime.read).map { ContinuousClock.now + $0.duration }
    var isOver = noWait
    var said = ""
    while !isOver, status.runningRuns > 0, status.draining != nil {
      if let end, ContinuousClock.now >= end {
        isOver = true
        break
      }
      try await tell(client, &said)
      try await Task.sleep(for: .milliseconds(300))
      status = try await client.get(AgentStatus.self, "/api/status")
    }
    if json {
      Output.standard.write(try await client.get("/api/status"))
    } else if status.draining != nil {
      Output.standard.print(result(status))
    }
    guard status.draining != nil else {
      throw CommandExit(.failed, "The agent starts runs again: somebody took the drain back, or it was restarted.")
    }
    if status.runningRuns > 0, !noWait { throw CommandExit(.failed) }
  }

  /// Which runs are waited for, on standard error, whenever that changes.
  private func tell(_ client: APIClient, _ said: inout String) async throws {
    var runs: [Run] = []
    for state in [RunState.running, .waiting] {
      runs += try await client.get(RunList.self, "/api/runs", [("state", state.rawValue)]).runs
    }
    guard !runs.isEmpty else { return }
    let names = runs.sorted { $0.number < $1.number }.map { run in
      let asks = run.state == .waiting ? ", which waits for `pushrod approve \(run.number)` or `reject`" : ""
      return "\(run.number) (\(run.request.pipeline.name)\(asks))"
    }.joined(separator: ", ")
    let line = "waiting for \(runs.count == 1 ? "run" : "runs") \(names)".onOneLine
    if line != said { Output.error.print(line) }
    said = line
  }

  private func result(_ status: AgentStatus) -> String {
    let waiting = status.queuedRuns == 0 ? "" : "; \(status.queuedRuns) wait"
    return status.runningRuns == 0
      ? "No run is under way, and none is started\(waiting)."
      : "No run is started any more; \(status.runningRuns) under way\(waiting)."
  }
}
