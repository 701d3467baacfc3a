import FoundationEssentials
import Model

/// Shows a run as it goes: headings of steps, and under them what the steps wrote.
struct RunPrinter {
  let terminal: Terminal
  /// Put the time of its first byte before each line.
  var withTimes = false
  /// Show the output of this step alone, without headings, so that it can be piped on.
  var onlyStep: String?
  /// `run 12 of shop`
  let title: String

  /// Whether the step that was asked for has begun.
  private(set) var sawStep = false
  private var filter: ControlSequenceFilter
  private var atLineStart = true
  private var stepNames: [Int: String] = [:]
  /// Steps that have begun and not ended.
  private var open: Set<Int> = []
  /// What steps wrote while others were under way too.
  private var lines: [Int: StepLines] = [:]

  init(run: Run, terminal: Terminal, withTimes: Bool = false, onlyStep: String? = nil, title: String? = nil) {
    self.terminal = terminal
    self.withTimes = withTimes
    self.onlyStep = onlyStep
    self.title = title ?? "run \(run.number) of \(run.request.pipeline.name)"
    filter = ControlSequenceFilter(allowsColour: terminal.isColoured)
  }

  /// What is to be printed for `message`.
  mutating func output(for message: LogMessage) -> [UInt8] {
    switch message {
    case .event(let event): output(for: event)
    case .log(let piece): isWanted(piece.step) ? output(for: piece) : []
    }
  }

  // MARK: Logs

  private mutating func output(for piece: LogMessage.Piece) -> [UInt8] {
    var output: [UInt8] = []
    if onlyStep == nil, open.count > 1 || lines[piece.step]?.isMidLine == true {
      var own = lines[piece.step] ?? StepLines(allowsColour: terminal.isColoured)
      for (bytes, time) in segments(of: piece) {
        own.take(bytes, written: time) { output += lineOfStep(piece.step, $0, $1) }
      }
      lines[piece.step] = own
      return output
    }
    guard withTimes else {
      filter.filter(piece.bytes, into: &output)
      if let last = output.last { atLineStart = last == UInt8(ascii: "\n") }
      return output
    }
    for (bytes, time) in segments(of: piece) {
      var line: [UInt8] = []
      filter.filter(bytes, into: &line)
      append(line, written: time, to: &output)
    }
    return output
  }

  /// The lines of a piece, the last of which may not have its end, with their times; in one where no times are wanted.
  private func segments(of piece: LogMessage.Piece) -> [(bytes: ArraySlice<UInt8>, time: Date?)] {
    let bytes = piece.bytes
    guard withTimes else { return [(bytes[...], nil)] }
    var segments: [(ArraySlice<UInt8>, Date?)] = []
    var times = (piece.times ?? []).filter { $0.count == 2 }[...]
    var time: Date?
    var start = bytes.startIndex
    while start < bytes.endIndex {
      let end = bytes[start...].firstIndex { $0 == 0x0a || $0 == 0x0d }.map { $0 + 1 } ?? bytes.endIndex
      while let entry = times.first, entry[0] <= piece.offset + start {
        time = Date(timeIntervalSince1970: Double(entry[1]) / 1000)
        times.removeFirst()
      }
      segments.append((bytes[start..<end], time))
      start = end
    }
    return segments
  }

  /// `test | 12 passed`: one of several steps under way.
  private func lineOfStep(_ step: Int, _ text: [UInt8], _ time: Date?) -> [UInt8] {
    let name = terminal.style((stepNames[step] ?? "\(step)").onOneLine + " | ", .dim)
    return (withTimes ? stamp(time ?? Date()) : []) + Array(name.utf8) + text + Array("\n".utf8)
  }

  /// What a step has written since its last whole line, where it is over.
  private mutating func restOfStep(_ event: RunEvent) -> [UInt8] {
    guard event.event == .stepFinished, let step = event.step, var own = lines.removeValue(forKey: step) else {
      return []
    }
    var output: [UInt8] = []
    own.finish { output += lineOfStep(step, $0, $1) }
    return output
  }

  /// Appends text that may hold the end of one line and the beginning of the next.
  private mutating func append(_ text: [UInt8], written time: Date?, to output: inout [UInt8]) {
    for byte in text {
      if atLineStart { output += stamp(time ?? Date()) }
      output.append(byte)
      atLineStart = byte == UInt8(ascii: "\n")
    }
  }

  private func stamp(_ date: Date) -> [UInt8] { Array((terminal.style(JSON.text(of: date), .dim) + " ").utf8) }

  // MARK: Events

  private mutating func output(for event: RunEvent) -> [UInt8] {
    if let step = event.step, let name = event.name { stepNames[step] = name }
    if event.event == .stepStarted, let step = event.step {
      if isWanted(step) { sawStep = true }
      open.insert(step)
    }
    defer { if event.event == .stepFinished, let step = event.step { open.remove(step) } }
    guard onlyStep == nil else {
      let endsStep = event.event == .stepFinished && event.step.map { isWanted($0) } ?? false
      return endsStep ? endOfLog() : []
    }
    guard let line = heading(for: event) else { return [] }
    return endOfLog() + restOfStep(event) + (withTimes ? stamp(event.at) : []) + Array((line + "\n").utf8)
  }

  private func heading(for event: RunEvent) -> String? {
    let name = (event.name ?? event.step.flatMap { stepNames[$0] } ?? "step").onOneLine
    let reason = event.reason?.onOneLine
    switch event.event {
    case .runStarted: return nil
    case .stepStarted: return terminal.style("▶ \(name)", .bold)
    case .stepFinished:
      let wall = event.usage?.wall.description
      if event.stepState == .succeeded {
        return terminal.style("✓ \(name)", .green) + (wall.map { " " + terminal.style($0, .dim) } ?? "")
      }
      let allowed = event.allowedFailure == true
      return terminal.style("✗ \(name)", allowed ? .yellow : .red) + " " + RunPrinter.result(of: event)
        + (wall.map { " (\($0))" } ?? "") + (allowed ? ", which is allowed" : "")
    case .stepSkipped: return terminal.style("– \(name) skipped" + (reason.map { ": \($0)" } ?? ""), .dim)
    case .stepRetried:
      return terminal.style("↻ \(name)", .yellow)
        + (reason.map { ": \($0)" } ?? "") + "; " + (event.attempt.map { "now try \($0)" } ?? "once more")
    case .waiting: return terminal.style("? \(name)" + (reason.map { ": \($0)" } ?? ""), .yellow)
    case .answered:
      let answer = event.approved.map { $0 ? "approved" : "not approved" } ?? "need not be answered any more"
      return terminal.style("• \(name) \(answer)", event.approved == true ? .green : .red)
        + (event.by.map { " by \($0.onOneLine)" } ?? "") + (reason.map { ": \($0)" } ?? "")
    case .stopping: return terminal.style("■ stopping" + (reason.map { ": \($0)" } ?? ""), .yellow)
    case .runFinished: return RunPrinter.ending(of: event, title: title, terminal: terminal)
    }
  }

  /// How a step ended that did not succeed: `exit 3`, `signal 9`, `timed out`.
  static func result(of event: RunEvent) -> String {
    if let reason = event.reason { return reason.onOneLine }
    if let signal = event.signal { return "signal \(signal)" }
    if let code = event.exitCode { return "exit \(code)" }
    return switch event.stepState {
    case .timedOut: "timed out"
    case .cancelled: "cancelled"
    default: "failed"
    }
  }

  /// `run 12 of shop failed: step "test" failed: exit 3`
  static func ending(of event: RunEvent, title: String, terminal: Terminal) -> String {
    let state = event.runState ?? .interrupted
    let line = "\(title) \(state.words)" + (event.reason.map { ": \($0.onOneLine)" } ?? "")
    return terminal.style(
      line, state == .succeeded ? .green : [.superseded, .skipped].contains(state) ? .yellow : .red)
  }

  /// Ends the last line of a log and its colours.
  private mutating func endOfLog() -> [UInt8] {
    var output: [UInt8] = []
    filter.finish(into: &output)
    if let last = output.last { atLineStart = last == UInt8(ascii: "\n") }
    if filter.isColoured { output += Array("\u{1b}[0m".utf8) }
    if !atLineStart { output.append(UInt8(ascii: "\n")) }
    atLineStart = true
    filter = ControlSequenceFilter(allowsColour: terminal.isColoured)
    return output
  }

  private func isWanted(_ step: Int) -> Bool {
    guard let onlyStep else { return true }
    return onlyStep == stepNames[step] || onlyStep == String(step)
  }
}
