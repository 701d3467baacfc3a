import Glibc
import Model
import RunDirectory

/// The questions of a local run's `approval` steps, put to whoever sits at the terminal: there is no agent that could be
/// told the answer.
struct LocalQuestions {
  private struct Question {
    var step: String
    var words: String
  }

  private let directory: RunDirectory
  private let person: String
  private let approvesAll: Bool
  private var open: [Question] = []
  private var isShown = false
  /// The first question was never shown.
  private var isNew = true
  /// The first question has its answer, and the runner has not said yet that it heard it.
  private var isAnswered = false
  private var typed: [UInt8] = []

  private static let longestAnswer = 1000

  init(_ directory: RunDirectory, person: String, approvesAll: Bool) {
    self.directory = directory
    self.person = person
    self.approvesAll = approvesAll
  }

  /// - Throws: where a step would ask, and nobody is there to answer.
  static func check(_ pipeline: Pipeline, approvesAll: Bool) throws(CommandExit) {
    guard !approvesAll, isatty(0) != 1, let step = pipeline.everyStep.first(where: { $0.approval != nil }) else {
      return
    }
    throw CommandExit(
      .wrongUse,
      "step \"\(step.name.shown(limit: 100))\" asks for an approval, and nobody can give one: standard input is no "
        + "terminal. Say --yes to approve all that is asked.")
  }

  mutating func note(_ event: RunEvent) {
    switch event.event {
    case .waiting: open.append(Question(step: event.name ?? "", words: (event.reason ?? "").onOneLine))
    case .answered:
      if open.first?.step == event.name { (isShown, isAnswered, isNew) = (false, false, true) }
      open.removeAll { $0.step == event.name }
    default: break
    }
  }

  /// Something else is about to be written: takes the question away, which `ask` will put below it.
  mutating func makeRoom() {
    if isShown { Output.error.write("\r\u{1b}[K".utf8) }
    isShown = false
  }

  /// Asks what is open, and hands on what has been typed. Never waits.
  mutating func ask() {
    guard let question = open.first, !isAnswered else { return }
    if approvesAll { return answer(question, approved: true) }
    if !isShown {
      if isNew {
        // What was typed before a question was seen is no answer to it.
        tcflush(0, TCIFLUSH)
        (typed, isNew) = ([], false)
      }
      Output.error.write("\(question.step.onOneLine): \(question.words) [y/n] ".utf8)
      isShown = true
    }
    guard let line = typedLine() else { return }
    isShown = false
    switch line.split(whereSeparator: \.isWhitespace).joined().lowercased() {
    case "y", "yes": answer(question, approved: true)
    case "n", "no": answer(question, approved: false)
    case "end": answer(question, approved: false, "nobody answered: the terminal's input is at its end")
    default: Output.error.print("Type y to go on, n to end the run as failed, or Ctrl-C to cancel it.")
    }
  }

  private mutating func answer(
    _ question: Question, approved: Bool, _ refusal: String = "answered on the terminal"
  ) {
    let message = ControlMessage(
      action: approved ? .approve : .reject, by: person, step: question.step,
      reason: approved ? nil : refusal)
    // Where the runner does not take it, it is asked again, unless the next event says that nobody needs to answer.
    isAnswered = (try? directory.send(message))?.ok == true
  }

  /// A line, where a whole one has been typed; `end` of a terminal that is gone.
  private mutating func typedLine() -> String? {
    var ready = pollfd(fd: 0, events: Int16(POLLIN), revents: 0)
    guard poll(&ready, 1, 0) > 0 else { return nil }
    var buffer = [UInt8](repeating: 0, count: LocalQuestions.longestAnswer)
    let count = read(0, &buffer, buffer.count)
    guard count > 0 else { return count < 0 && errno == EINTR ? nil : "end" }
    typed = (typed + buffer[..<count]).suffix(LocalQuestions.longestAnswer)
    guard let end = typed.firstIndex(of: 0x0a) else { return nil }
    defer { typed = [] }
    return String(decoding: typed[..<end], as: UTF8.self)
  }
}
