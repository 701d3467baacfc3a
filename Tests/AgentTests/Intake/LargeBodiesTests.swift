import Synchronization
import Testing

@testable import Agent

@Suite struct LargeBodiesTests {
  private final class Counts: Sendable {
    struct State {
      var inside = 0
      var most = 0
      var done = 0
    }

    let state = Mutex(State())
  }

  @Test("large bodies are decoded one at a time, and all of them")
  func oneAtATime() async {
    let bodies = LargeBodies()
    let counts = Counts()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<50 {
        group.addTask {
          await bodies.begin(LargeBodies.size)
          counts.state.withLock { state in
            state.inside += 1
            state.most = max(state.most, state.inside)
          }
          await Task.yield()
          counts.state.withLock { state in
            state.inside -= 1
            state.done += 1
          }
          bodies.end(LargeBodies.size)
        }
      }
    }
    #expect(counts.state.withLock { $0.most } == 1)
    #expect(counts.state.withLock { $0.done } == 50)
  }

  @Test("a small body waits for nobody")
  func small() async {
    let bodies = LargeBodies()
    await bodies.begin(LargeBodies.size)
    await bodies.begin(LargeBodies.size - 1)
    bodies.end(LargeBodies.size - 1)
    bodies.end(LargeBodies.size)
    await bodies.begin(LargeBodies.size)
  }
}
