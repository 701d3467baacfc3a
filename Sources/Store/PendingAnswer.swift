import Model
import Synchronization

/// Who waits for a delivery to be durable: answered once, by whoever is first.
final class PendingAnswer: Sendable {
  private let continuation: Mutex<CheckedContinuation<RecordedDelivery, any Error>?>

  init(_ continuation: CheckedContinuation<RecordedDelivery, any Error>) { self.continuation = Mutex(continuation) }

  func resume(with result: Result<RecordedDelivery, any Error>) {
    let waiting = continuation.withLock { continuation in
      defer { continuation = nil }
      return continuation
    }
    waiting?.resume(with: result)
  }

  func resume(throwing error: any Error) { resume(with: .failure(error)) }
}
