import RunDirectory

/// The steps of a run that wait for a person, and what people have said.
final class ApprovalDesk {
  struct Question: Equatable {
    /// Of the step in its list.
    var position: Int
    var name: String
    /// Until when there is time for an answer.
    var deadline: Instant
  }

  struct Answer: Equatable {
    var position: Int
    var approved: Bool
    var by: String?
    var reason: String?
  }

  private(set) var open: [Question] = []
  private var answers: [Answer] = []

  var isEmpty: Bool { open.isEmpty && answers.isEmpty }

  func ask(_ question: Question) { open.append(question) }

  /// What somebody says on the control socket.
  func carryOut(_ message: ControlMessage, approved: Bool) -> ControlReply {
    guard let first = open.first else { return ControlReply(ok: false, error: "no step of it waits for an approval") }
    let names = open.map { "\"\($0.name)\"" }.joined(separator: ", ")
    let question: Question
    if let name = message.step {
      guard let named = open.first(where: { $0.name == name }) else {
        return ControlReply(ok: false, error: "that step does not wait for an approval; \(names) does")
      }
      question = named
    } else {
      guard open.count == 1 else {
        return ControlReply(ok: false, error: "several steps wait for an approval: \(names); name one of them")
      }
      question = first
    }
    guard (message.reason ?? "").utf8.count <= ControlMessage.longestReason else {
      return ControlReply(ok: false, error: "the reason is longer than \(ControlMessage.longestReason) bytes")
    }
    open.removeAll { $0 == question }
    answers.append(
      Answer(position: question.position, approved: approved, by: message.by, reason: message.reason))
    return ControlReply(ok: true)
  }

  /// Answers that came since the last call.
  func takeAnswers() -> [Answer] {
    defer { answers = [] }
    return answers
  }

  /// Questions for which the time is over; they are not open any more.
  func takeOverdue(_ now: Instant) -> [Question] {
    defer { open.removeAll { $0.deadline <= now } }
    return open.filter { $0.deadline <= now }
  }

  /// Takes questions back.
  func withdraw(where isGone: (Question) -> Bool = { _ in true }) -> [Question] {
    defer { open.removeAll(where: isGone) }
    return open.filter(isGone)
  }
}
