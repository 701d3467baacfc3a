import Dispatch

/// A thread's worth of work that may block: files, processes, sockets. Never the cooperative thread pool,
/// which has only as many threads as the machine has processors.
struct BlockingWork: Sendable {
  private let queue: DispatchQueue

  /// One piece after the other, in the order they were asked for.
  init(_ label: String) { queue = DispatchQueue(label: label) }

  /// - Returns: when `body` has run. It runs to its end also when the waiting task is cancelled.
  func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      queue.async { continuation.resume(with: Result(catching: body)) }
    }
  }

  func run<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
      queue.async { continuation.resume(returning: body()) }
    }
  }
}
