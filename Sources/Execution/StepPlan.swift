import Model

/// Which steps of a run may begin, and which are left out. Knows no processes.
///
/// The whole rule: a step is looked at when all that it needs are over, whatever came of them. It is left out where the run
/// is being stopped or its condition does not hold, and begins as soon as there is room, in the order of the file. Once a
/// step has failed that may not, a condition without `status` does not hold any more.
struct StepPlan {
  enum Move: Equatable {
    case start(Int)
    case skip(Int, reason: String)
  }

  private enum Standing { case open, underWay, over }

  private let steps: [Step]
  /// For each step, the positions of those that it needs.
  let needs: [[Int]]
  private let obstacle: (_ position: Int) -> String?
  private var standings: [Standing]
  /// Positions of the steps that failed and may not, in the order in which they did.
  private var failures: [Int] = []
  private var stopReason: String?
  /// How the run stood before the first of these steps; failures among them change nothing where it is given.
  private let fixedStatus: StepCondition.Status?

  /// Steps that need each other.
  /// - Parameter obstacle: why the condition of the step there does not hold, its status left out; `nil` where it does.
  /// - Throws: `RunnerFailure` for a need that is no step, or steps that wait for each other.
  init(
    graph steps: [Step], obstacle: @escaping (_ position: Int) -> String?
  ) throws(RunnerFailure) {
    self.steps = steps
    self.obstacle = obstacle
    needs = try StepPlan.needs(of: steps)
    standings = steps.map { _ in .open }
    fixedStatus = nil
  }

  /// Steps that go in order, each whatever became of the one before.
  init(
    inOrder steps: [Step], status: StepCondition.Status, obstacle: @escaping (_ position: Int) -> String?
  ) {
    self.steps = steps
    self.obstacle = obstacle
    needs = steps.indices.map { $0 == 0 ? [] : [$0 - 1] }
    standings = steps.map { _ in .open }
    fixedStatus = status
  }

  private var status: StepCondition.Status { fixedStatus ?? (failures.isEmpty ? .succeeded : .failed) }

  /// What is to be done next; `nil` where something must end first, or all is done.
  /// - Parameter hasRoom: one more may begin.
  mutating func next(hasRoom: Bool) -> Move? {
    for position in steps.indices where standings[position] == .open {
      if let stopReason {
        standings[position] = .over
        return .skip(position, reason: stopReason)
      }
      guard needs[position].allSatisfy({ standings[$0] == .over }) else { continue }
      if let reason = reasonToSkip(position) {
        standings[position] = .over
        return .skip(position, reason: reason)
      }
      guard hasRoom || steps[position].approval != nil else { continue }
      standings[position] = .underWay
      return .start(position)
    }
    return nil
  }

  /// - Parameter failed: it did not succeed, and may not fail.
  mutating func ended(_ position: Int, failed: Bool) {
    standings[position] = .over
    if failed { failures.append(position) }
  }

  /// Nothing begins any more.
  mutating func stop(reason: String) { if stopReason == nil { stopReason = reason } }

  /// The steps that it needs, directly or not.
  func ancestors(of position: Int) -> Set<Int> {
    var found: Set<Int> = []
    var open = needs[position]
    while let next = open.popLast() {
      if found.insert(next).inserted { open += needs[next] }
    }
    return found
  }

  private func reasonToSkip(_ position: Int) -> String? {
    let step = steps[position]
    let wanted = step.when?.statuses ?? (fixedStatus == nil ? [.succeeded] : StepCondition.Status.allCases)
    if !wanted.contains(status) {
      // Of what came before these steps, and not of one of them.
      if let fixedStatus { return fixedStatus == .failed ? "the run did not succeed" : "no step has failed" }
      guard status == .failed else { return "no step has failed" }
      let failed = failures.last(where: ancestors(of: position).contains) ?? failures.first
      return failed.map { "step \"\(steps[$0].name)\" did not succeed" } ?? "the run did not succeed"
    }
    return obstacle(position)
  }

  private static func needs(of steps: [Step]) throws(RunnerFailure) -> [[Int]] {
    let positions = Dictionary(steps.enumerated().map { ($1.name, $0) }) { first, _ in first }
    var needs: [[Int]] = []
    for (position, step) in steps.enumerated() {
      guard let names = step.needs else {
        needs.append(position == 0 ? [] : [position - 1])
        continue
      }
      var own: [Int] = []
      for name in names {
        guard let needed = positions[name] else {
          throw RunnerFailure("step \"\(step.name)\" needs \"\(name)\", which is no step")
        }
        own.append(needed)
      }
      needs.append(own)
    }
    // Whoever can be taken away once all that it needs is gone stands in no circle.
    var gone: Set<Int> = []
    while case let free = needs.indices.filter({ !gone.contains($0) && gone.isSuperset(of: needs[$0]) }), !free.isEmpty
    {
      gone.formUnion(free)
    }
    if let stuck = needs.indices.first(where: { !gone.contains($0) }) {
      throw RunnerFailure("step \"\(steps[stuck].name)\" needs, in a circle, itself")
    }
    return needs
  }
}
