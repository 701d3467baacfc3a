import Git
import Model

/// Tells a log how a transfer goes: not more than a line a second, and one at the end.
final class TransferReport {
  private let say: (String) -> Void
  private let start = Instant.now
  private var lastSaid = Instant.now
  private var last: TransferProgress?

  var receivedBytes: Int { last?.receivedBytes ?? 0 }

  init(_ say: @escaping (String) -> Void) { self.say = say }

  func note(_ progress: TransferProgress) {
    last = progress
    guard lastSaid.duration(to: .now) >= .seconds(1) else { return }
    lastSaid = .now
    say("receiving objects: \(progress.receivedObjects) of \(progress.totalObjects), \(size(progress.receivedBytes))")
  }

  func finish() {
    let time = Seconds(start.duration(to: .now).inSeconds)
    guard let last, last.totalObjects > 0 else { return say("nothing new to receive (\(time))") }
    say("received \(last.receivedObjects) objects, \(size(last.receivedBytes)), in \(time)")
  }

  private func size(_ bytes: Int) -> String { ByteCount.words(bytes) }
}

/// How much a fetch received, for who reports it.
final class ReceivedBytes {
  var count = 0
}
