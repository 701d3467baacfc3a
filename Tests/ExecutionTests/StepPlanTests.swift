import Model
import Testing

@testable import Execution

/// The plan against a second, slower account of the same rules, on graphs made up from seeds.
@Suite("The plan of steps, on random graphs")
struct StepPlanTests {
  /// xorshift64*: the same graphs everywhere.
  struct Dice: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state ^= state >> 12
      state ^= state << 25
      state ^= state >> 27
      return state &* 2_685_821_657_736_338_717
    }
  }

  /// What is made up for one run.
  struct World {
    var steps: [Step] = []
    /// Whether each step, should it run, comes to a failure.
    var fails: [Bool] = []
    /// Whether the circumstances are what its condition asks for.
    var holds: [Bool] = []
    var width = 1
    /// After so many ends the run is cancelled.
    var cancelAfter: Int?

    init(_ dice: inout Dice) {
      let count = Int.random(in: 1...14, using: &dice)
      for position in 0..<count {
        var step = Step(name: "s\(position)", run: "true")
        if position > 0, Int.random(in: 0..<4, using: &dice) > 0 {
          step.needs = (0..<position).filter { _ in Int.random(in: 0..<3, using: &dice) == 0 }.map { "s\($0)" }
        }
        step.allowFailure = Int.random(in: 0..<5, using: &dice) == 0
        let statuses: [[StepCondition.Status]?] = [nil, nil, nil, [.failed], [.succeeded, .failed]]
        if let statuses = statuses.randomElement(using: &dice)! { step.when = StepCondition(statuses: statuses) }
        steps.append(step)
        fails.append(Int.random(in: 0..<5, using: &dice) == 0)
        holds.append(Int.random(in: 0..<6, using: &dice) > 0)
      }
      // The order in the file is not the order of the graph.
      if Bool.random(using: &dice) {
        for position in steps.indices where steps[position].needs == nil {
          steps[position].needs = position == 0 ? [] : ["s\(position - 1)"]
        }
        let order = steps.indices.shuffled(using: &dice)
        (steps, fails, holds) = (order.map { steps[$0] }, order.map { fails[$0] }, order.map { holds[$0] })
      }
      width = Int.random(in: 1...4, using: &dice)
      if Int.random(in: 0..<4, using: &dice) == 0 { cancelAfter = Int.random(in: 0...count, using: &dice) }
    }
  }

  enum Fate: Equatable { case ran, skipped(String) }

  @Test("order, states and reasons are those of the rules", arguments: 1...40)
  func random(seed: Int) throws {
    var dice = Dice(state: UInt64(seed) &* 0x9E37_79B9_7F4A_7C15)
    for _ in 0..<250 {
      let world = World(&dice)
      var plan = try StepPlan(graph: world.steps) { world.holds[$0] ? nil : "elsewhere" }
      let needs = world.steps.indices.map { position -> Set<Int> in
        Set(
          world.steps[position].needs?.map { name in world.steps.firstIndex { $0.name == name }! }
            ?? (position == 0 ? [] : [position - 1]))
      }
      var fates: [Int: Fate] = [:]
      var running: [Int] = []
      var (ends, hasFailed, isCancelled) = (0, false, false)
      /// What the rules say of a step at this moment.
      func rule(_ position: Int) -> String? {
        if isCancelled { return "cancelled" }
        let wanted = world.steps[position].when?.statuses ?? [.succeeded]
        guard wanted.contains(hasFailed ? .failed : .succeeded) else {
          return hasFailed ? "failure" : "no step has failed"
        }
        return world.holds[position] ? nil : "elsewhere"
      }
      while true {
        if world.cancelAfter == ends, !isCancelled {
          isCancelled = true
          plan.stop(reason: "cancelled")
        }
        while let move = plan.next(hasRoom: running.count < world.width) {
          switch move {
          case .start(let position):
            #expect(fates[position] == nil && rule(position) == nil)
            #expect(running.count < world.width)
            #expect(needs[position].allSatisfy { fates[$0] != nil && !running.contains($0) }, "all it needs is over")
            // No step further up could have begun in its place.
            let earlier = (0..<position).filter { fates[$0] == nil }
            #expect(!earlier.contains { needs[$0].allSatisfy { fates[$0] != nil && !running.contains($0) } })
            fates[position] = .ran
            running.append(position)
          case .skip(let position, let reason):
            #expect(fates[position] == nil)
            let expected = try #require(rule(position))
            if expected == "failure" {
              #expect(reason.hasPrefix("step \"s") && reason.hasSuffix("\" did not succeed"))
            } else {
              #expect(reason == expected)
            }
            if !isCancelled { #expect(needs[position].allSatisfy { fates[$0] != nil && !running.contains($0) }) }
            fates[position] = .skipped(expected)
          }
        }
        guard let ended = running.randomElement(using: &dice) else { break }
        running.removeAll { $0 == ended }
        ends += 1
        let failed = world.fails[ended] && !world.steps[ended].allowFailure
        if failed { hasFailed = true }
        plan.ended(ended, failed: failed)
      }
      #expect(fates.count == world.steps.count, "every step has run or says why not")
    }
  }

  @Test("steps in order run whatever becomes of the one before")
  func inOrder() {
    let steps = (0..<3).map { Step(name: "s\($0)", run: "true") }
    var plan = StepPlan(inOrder: steps, status: .failed) { _ in nil }
    for position in steps.indices {
      #expect(plan.next(hasRoom: true) == .start(position))
      #expect(plan.next(hasRoom: true) == nil)
      plan.ended(position, failed: true)
    }
    #expect(plan.next(hasRoom: true) == nil)
  }
}
