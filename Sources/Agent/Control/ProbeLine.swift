import Glibc
import Synchronization

/// The agent's end of the socket to a probe, which another thread may cut.
final class ProbeLine: Sendable {
  private struct State {
    var descriptor: Int32 = -1
    var isCut = false
  }

  private let state = Mutex(State())

  func open(_ descriptor: Int32) {
    state.withLock { state in
      state.descriptor = descriptor
      if state.isCut { shutdown(descriptor, Int32(SHUT_RDWR)) }
    }
  }

  /// Whoever waits for the other end sees its end.
  func hangUp() {
    state.withLock { state in
      state.isCut = true
      if state.descriptor >= 0 { shutdown(state.descriptor, Int32(SHUT_RDWR)) }
    }
  }

  /// The number may be another file's from now on.
  func close() {
    state.withLock { state in
      Glibc.close(state.descriptor)
      state.descriptor = -1
    }
  }
}
