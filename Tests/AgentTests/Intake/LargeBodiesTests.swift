import Synchronization
import Testing

@testable import Agent

@Suite struct LargeBodiesTests {
  @Test("large bodies are decoded one at a time, and all of them")
  func oneAtATime() async {
    let bodies = LargeBodies()
    let inside = Mutex(0)
    let most = Mutex(0)
    let done = Mutex(0)
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<50 {
        group.addTask {
          await bodies.begin(LargeBodies.size)
          let now = inside.withLock { count in
            count += 1
            return count
          }
          most.withLock { $0 = max($0, now) }
          await Task.yield()
          inside.withLock { $0 -= 1 }
          done.withLock { $0 += 1 }
          bodies.end(LargeBodies.size)
        }
      }
    }
    #expect(most.withLock { $0 } == 1)
    #expect(done.withLock { $0 } == 50)
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
