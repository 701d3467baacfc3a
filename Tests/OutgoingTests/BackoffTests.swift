import Testing

@testable import Outgoing

@Suite struct BackoffTests {
  @Test("pauses double up to the limit, each from half to the whole of it, and begin anew")
  func doubling() {
    var backoff = Backoff(first: .seconds(1), limit: .seconds(5))
    for _ in 0..<2 {
      for whole in [1, 2, 4, 5, 5] {
        let pause = backoff.pause()
        #expect(pause <= .seconds(whole))
        #expect(pause >= .seconds(whole) / 2)
      }
      backoff.reset()
    }
  }
}
