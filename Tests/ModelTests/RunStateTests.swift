import Model
import Testing

@Suite("States of a run")
struct RunStateTests {
  @Test("final states lead nowhere, and every state can be reached from queued")
  func graph() {
    var reached: Set<RunState> = [.queued]
    var frontier = reached
    while !frontier.isEmpty {
      frontier = Set(frontier.flatMap(\.successors)).subtracting(reached)
      reached.formUnion(frontier)
    }
    #expect(reached == Set(RunState.allCases))
    for state in RunState.allCases { #expect(state.isFinal == state.successors.isEmpty) }
  }

  @Test("an edge that does not exist is refused by name")
  func illegal() {
    let error = #expect(throws: RunState.IllegalTransition.self) { try RunState.succeeded.moving(to: .running) }
    #expect(error?.description == "a run cannot go from succeeded to running")
  }
}
