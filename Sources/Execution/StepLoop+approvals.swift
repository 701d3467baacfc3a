import FoundationEssentials
import Model
import RunDirectory

/// Steps that wait for a person.
extension StepLoop {
  /// How long a question is open that says nothing about it.
  static let approvalTimeout: Seconds = 86_400

  func ask(_ approval: Approval, _ position: Int) throws(RunDirectoryError) {
    let limit = approval.timeout ?? StepLoop.approvalTimeout
    let name = steps[position].name
    try starter.record.waiting(
      first + position, name, question: approval.ask, until: Date().addingTimeInterval(limit.value))
    desk.ask(.init(position: position, name: name, deadline: .now + limit.duration))
  }

  /// Notes what has been said, and that the time for it is over.
  func hearAnswers() throws(RunDirectoryError) {
    for answer in desk.takeAnswers() {
      let why = answer.reason.map { ": \($0)" } ?? ""
      try close(
        answer.position, approved: answer.approved, by: answer.by, reason: answer.reason,
        failure: answer.approved ? nil : "was rejected" + (answer.by.map { " by \($0)" } ?? "") + why)
    }
    for question in desk.takeOverdue(.now) {
      let limit = steps[question.position].approval?.timeout ?? StepLoop.approvalTimeout
      let words = "no answer within \(limit)"
      try close(question.position, approved: false, by: nil, reason: words, failure: "got \(words)")
    }
  }

  /// Nobody needs to answer any more.
  func withdrawQuestions(reason: String, where isGone: (Step) -> Bool = { _ in true }) throws(RunDirectoryError) {
    for question in desk.withdraw(where: { isGone(steps[$0.position]) }) {
      try close(question.position, approved: nil, by: nil, reason: reason, failure: nil)
    }
  }

  private func close(
    _ position: Int, approved: Bool?, by person: String?, reason: String?, failure: String?
  ) throws(RunDirectoryError) {
    let name = steps[position].name
    try starter.record.answered(first + position, name, approved: approved, by: person, reason: reason)
    note(failure.map { RunOutcome(.failed, reason: "step \"\(name)\" \($0)", failedStep: name) }, of: position)
  }
}
