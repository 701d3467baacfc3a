import ArgumentParser
import FoundationEssentials
import Model
import Web

/// `pushrod show`: everything that is known of one run.
struct ShowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show one run: its state and why, its steps, where its logs lie.")

  @Argument(help: "The run's number.")
  var run: Int

  @Flag(help: "Print the agent's JSON.")
  var json = false

  @OptionGroup var agent: AgentOptions

  func run() async throws {
    if json { return Output.standard.write(try await agent.client.get("/api/runs/\(run)")) }
    let detail = try await agent.client.get(RunDetail.self, "/api/runs/\(run)")
    for line in RunReport(detail, terminal: .standardOutput).lines() { Output.standard.print(line) }
  }
}

/// A run as text.
struct RunReport {
  private let run: Run
  private let detail: RunDetail
  private let terminal: Terminal

  init(_ detail: RunDetail, terminal: Terminal) {
    run = detail.run
    self.detail = detail
    self.terminal = terminal
  }

  func lines(now: Date = Date()) -> [String] {
    let title = "run \(run.number) of \(run.request.pipeline.name): \(run.state.words)".onOneLine
    var lines = [terminal.style(title, .bold)]
    if let reason = run.reason { lines.append("  " + reason.onOneLine) }
    if run.state == .queued {
      let waiting = Wording.waiting(run)
      let turn = "waits for its turn; `runs.parallel` says how many runs may be under way"
      lines.append("  " + (waiting.isEmpty ? turn : waiting))
    }
    lines.append("")
    for (name, value) in facts(now) {
      lines.append(name.padding(to: 9) + value.onOneLine)
    }
    let steps = self.steps
    if !steps.isEmpty { lines += [""] + steps.lines(width: terminal.width) }
    return lines
  }

  private func facts(_ now: Date) -> [(String, String)] {
    let request = run.request
    var facts = [("commit", request.commit?.hex ?? "not known yet"), ("ref", request.ref.full)]
    if let pusher = request.pusher { facts.append(("by", pusher)) }
    if let message = request.message?.split(whereSeparator: \.isNewline).first {
      facts.append(("message", String(message)))
    }
    facts.append(("started", "\(origin), \(Wording.ago(run.queuedAt, now: now)) (\(JSON.text(of: run.queuedAt)))"))
    if let start = run.startedAt {
      let waited = Seconds(max(0, start.timeIntervalSince(run.queuedAt)))
      let verb = run.state.isFinal ? "took" : "so far"
      let time = detail.elapsed?.description ?? Wording.took(run, now: now)
      facts.append((verb, "\(time), after waiting \(waited)"))
    }
    if let secrets = detail.events.first(where: { $0.event == .runStarted })?.secrets {
      facts.append(("secrets", secrets.joined(separator: ", ")))
    }
    facts.append(("logs", detail.directory))
    return facts
  }

  private var origin: String {
    let request = run.request
    let delivery = request.delivery.map { " (delivery \($0))" } ?? ""
    let attempt = request.attempt > 1 ? ", attempt \(request.attempt)" : ""
    return switch request.trigger {
    case .push: "by a push" + delivery + attempt
    case .webhook: "by an event" + delivery + attempt
    case .poll: "by a push \(Wording.foundByComparing)" + delivery + attempt
    case .schedule: "by its schedule" + attempt
    case .manual: "by hand" + attempt
    case .rerun: "again" + (request.rerunOf.map { " after run \($0)" } ?? "") + attempt
    }
  }

  private var steps: Table {
    var table = Table(["STEP", "NAME", "RESULT", "TIME", "CPU", "MEMORY", "LOG"], rightAligned: [0])
    var open: [Int: RunEvent] = [:]
    func add(_ event: RunEvent, _ result: String) {
      let usage = event.usage
      table.add([
        event.step.map(String.init) ?? "", event.name ?? event.step.flatMap { open[$0]?.name } ?? "", result,
        usage?.wall.description ?? "", usage?.cpu.description ?? "",
        usage.map { Wording.size($0.peakMemory) } ?? "", usage.map { Wording.size($0.logBytes) } ?? "",
      ])
    }
    for event in detail.events {
      switch event.event {
      case .stepStarted: open[event.step ?? -1] = event
      case .stepFinished:
        let isSuccess = event.stepState == .succeeded
        let allowed = event.allowedFailure == true ? " (allowed)" : ""
        add(event, isSuccess ? "succeeded" : RunPrinter.result(of: event) + allowed)
        open[event.step ?? -1] = nil
      case .stepSkipped: add(event, "skipped" + (event.reason.map { ": \($0)" } ?? ""))
      case .runStarted, .stepRetried, .waiting, .answered, .stopping, .runFinished: break
      }
    }
    for event in open.values.sorted(by: { ($0.step ?? 0) < ($1.step ?? 0) }) {
      add(event, run.state.isFinal ? "never ended" : "running")
    }
    return table
  }
}

extension String {
  /// With blanks up to `width`, and one in any case.
  func padding(to width: Int) -> String { self + String(repeating: " ", count: Swift.max(1, width - count)) }
}
