import Agent
import AgentConfiguration
import ArgumentParser
import FoundationEssentials
import Model
import Pipelines
import Web

/// `pushrod show`: everything that is known of one run.
struct ShowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show one run: its state and why, its steps, where its logs lie.",
    discussion: "With --graph also the steps of a pipeline file, for which no agent is needed.")

  @Argument(help: ArgumentHelp("The run's number; with --graph also a pipeline file.", valueName: "run"))
  var what: String

  @Flag(help: "Draw the steps as a graph, with their states.")
  var graph = false

  @Flag(help: "Print the agent's JSON; with --graph the steps with what each needs.")
  var json = false

  @OptionGroup var agent: AgentOptions

  func run() async throws {
    guard let run = Int(what) else {
      guard graph else { throw CommandExit(.wrongUse, "`\(what.onOneLine)` is not the number of a run.") }
      return try draw(file: what)
    }
    if graph {
      let detail = try await agent.client.get(RunDetail.self, "/api/runs/\(run)")
      let graph = StepGraph(detail.run.request.pipeline, detail.events, isOver: detail.run.state.isFinal)
      return try draw(graph, title: RunReport.title(of: detail.run))
    }
    if json { return Output.standard.write(try await agent.client.get("/api/runs/\(run)")) }
    let detail = try await agent.client.get(RunDetail.self, "/api/runs/\(run)")
    var drain: Drain?
    if detail.run.state == .queued { drain = try await agent.client.get(AgentStatus.self, "/api/status").draining }
    for line in RunReport(detail, drain: drain, terminal: .standardOutput).lines() { Output.standard.print(line) }
  }
}

extension ShowCommand {
  private func draw(file: String) throws {
    do {
      let pipeline = try PipelineFolder.load(file: file, secrets: nil, sources: nil)
      if let steps = pipeline.file {
        throw CommandExit(
          .failed,
          "the steps of \(pipeline.name) stand in the repository's `\(steps.shown(limit: 200))`: each run has its own graph, which "
            + "`pushrod show --graph RUN` draws.")
      }
      try draw(StepGraph(pipeline), title: "pipeline \(pipeline.name)")
    } catch let mistakes as Diagnostics {
      throw CommandExit(mistakes)
    }
  }

  private func draw(_ graph: StepGraph, title: String) throws {
    guard !json else {
      var bytes = Array(try JSON.encoder(pretty: true).encode(["steps": graph.nodes]))
      bytes.append(UInt8(ascii: "\n"))
      return Output.standard.write(bytes)
    }
    let terminal = Terminal.standardOutput
    for line in [terminal.style(title, .bold), ""] + graph.lines(terminal) { Output.standard.print(line) }
  }
}

/// A run as text.
struct RunReport {
  private let run: Run
  private let detail: RunDetail
  private let terminal: Terminal
  private let drain: Drain?

  /// - Parameter drain: where the agent starts no runs.
  init(_ detail: RunDetail, drain: Drain? = nil, terminal: Terminal) {
    self.drain = drain
    run = detail.run
    self.detail = detail
    self.terminal = terminal
  }

  static func title(of run: Run) -> String {
    "run \(run.number) of \(run.request.pipeline.name): \(run.state.words)".onOneLine
  }

  func lines(now: Date = Date()) -> [String] {
    var lines = [terminal.style(RunReport.title(of: run), .bold)]
    if let reason = run.reason { lines.append("  " + reason.onOneLine) }
    if run.state == .queued {
      let waiting = Wording.waiting(run)
      let turn = "waits for its turn; `runs.parallel` says how many runs may be under way"
      if !waiting.isEmpty {
        lines.append("  " + waiting)
      } else if let drain {
        lines.append("  no run is started: " + Wording.of(drain).onOneLine)
      } else if run.reason == nil {
        lines.append("  " + turn)
      }
    }
    if !run.state.isFinal, let stopping = detail.events.last(where: { $0.event == .stopping }) {
      lines.append("  is being ended: " + (stopping.reason ?? "asked to").onOneLine)
    }
    if run.state == .waiting {
      lines.append("  `pushrod approve \(run.number)` or `pushrod reject \(run.number) --reason …`")
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
    for (name, value) in request.inputVariables.sorted(by: { $0.key < $1.key }) {
      facts.append(("input", "\(name)=\(value.shown(limit: 200))"))
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
    case .schedule: "by its schedule" + (request.scheduledFor.map { ", for \(Wording.time($0))" } ?? "") + attempt
    case .manual: "by hand" + attempt
    case .rerun: "again" + (request.rerunOf.map { " after run \($0)" } ?? "") + attempt
    }
  }

  private var steps: Table {
    var table = Table(["STEP", "NAME", "RESULT", "TIME", "CPU", "MEMORY", "LOG"], rightAligned: [0])
    var open: [Int: RunEvent] = [:]
    var tries: [Int: Int] = [:]
    var asked: [Int: RunEvent] = [:]
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
        let more = [
          // Of one that did not succeed it is the result.
          isSuccess ? event.reason?.onOneLine : nil, tries[event.step ?? -1].map { "try \($0)" },
          event.outputs.map { "hands on " + $0.joined(separator: ", ") },
        ]
        add(
          event,
          ([isSuccess ? "succeeded" : RunPrinter.result(of: event) + allowed] + more.compactMap { $0 })
            .joined(separator: ", "))
        open[event.step ?? -1] = nil
      case .stepSkipped: add(event, "skipped" + (event.reason.map { ": \($0)" } ?? ""))
      case .stepRetried: tries[event.step ?? -1] = event.attempt
      case .waiting: asked[event.step ?? -1] = event
      case .answered:
        asked[event.step ?? -1] = nil
        let answer = event.approved.map { $0 ? "approved" : "not approved" } ?? "not asked any more"
        add(event, answer + (event.by.map { " by \($0)" } ?? "") + (event.reason.map { ": \($0)" } ?? ""))
      case .runStarted, .stopping, .runFinished: break
      }
    }
    for event in open.values.sorted(by: { ($0.step ?? 0) < ($1.step ?? 0) }) {
      let number = tries[event.step ?? -1].map { ", try \($0)" } ?? ""
      add(event, (run.state.isFinal ? "never ended" : "running") + number)
    }
    for event in asked.values.sorted(by: { ($0.step ?? 0) < ($1.step ?? 0) }) {
      let until = event.until.map { " until \(JSON.text(of: $0))" } ?? ""
      add(event, run.state.isFinal ? "never answered" : "waits for an approval\(until): \(event.reason ?? "")")
    }
    return table
  }
}

extension String {
  /// With blanks up to `width`, and one in any case.
  func padding(to width: Int) -> String { self + String(repeating: " ", count: Swift.max(1, width - count)) }
}
