/// Times several things side by side: in many short turns, one after the other, so that what else the machine does meets
/// all of them alike.
struct Measurement {
  struct Result {
    var group: String
    var name: String
    /// The median of all turns, for one call.
    var nanoseconds: Int
  }

  private struct Candidate {
    var group: String
    var name: String
    var isRight: () -> Bool
    var turns: [Double] = []
  }

  private static let turns = 200
  private static let calls = 50

  private var candidates: [Candidate] = []

  /// - Parameter isRight: what is timed; its answer keeps it from being left out, and must be true.
  mutating func add(_ group: String, _ name: String, _ isRight: @escaping () -> Bool) {
    candidates.append(Candidate(group: group, name: name, isRight: isRight))
  }

  mutating func run() -> [Result] {
    let clock = ContinuousClock()
    for turn in 0..<Measurement.turns {
      for place in candidates.indices {
        // Another one begins in each turn.
        let index = (place + turn) % candidates.count
        let isRight = candidates[index].isRight
        let time = clock.measure {
          for _ in 0..<Measurement.calls { precondition(isRight(), "a verification gave the wrong answer") }
        }
        candidates[index].turns.append(time / .nanoseconds(1) / Double(Measurement.calls))
      }
    }
    return candidates.map { candidate in
      let sorted = candidate.turns.sorted()
      return Result(group: candidate.group, name: candidate.name, nanoseconds: Int(sorted[sorted.count / 2]))
    }
  }
}
