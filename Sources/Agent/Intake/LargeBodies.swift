import CLinux
import Synchronization

/// Lets large bodies be decoded one at a time, in the order they came: 24 MB of JSON take 600 MB while they are.
final class LargeBodies: Sendable {
  private struct State {
    var isTaken = false
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  /// Bytes from which a body waits for its turn; what forges post on a usual day is far below.
  static let size = 1 << 20

  private let state = Mutex(State())

  /// Waits for the turn of a body of `count` bytes; a small one has it at once.
  func begin(_ count: Int) async {
    guard count >= LargeBodies.size else { return }
    await withCheckedContinuation { continuation in
      let isFree = state.withLock { state in
        guard state.isTaken else {
          state.isTaken = true
          return true
        }
        state.waiting.append(continuation)
        return false
      }
      if isFree { continuation.resume() }
    }
  }

  /// Ends what `begin` began.
  func end(_ count: Int) {
    guard count >= LargeBodies.size else { return }
    let next = state.withLock { state in
      guard state.waiting.isEmpty else { return Optional(state.waiting.removeFirst()) }
      state.isTaken = false
      return nil
    }
    if let next {
      next.resume()
    } else {
      // What was decoded lay in thousands of small pieces, which the C library would keep for itself.
      pushrod_give_back_memory()
    }
  }
}
