import FoundationEssentials
import Glibc
import Model
import RunDirectory
import TestSupport

/// A run directory that a test writes, with the runner's own writers.
final class WrittenRun {
  let directory: RunDirectory
  private let events: EventWriter
  private var log: LogWriter?

  init(_ number: Int, in root: TemporaryDirectory) throws {
    directory = RunDirectory(path: root.file("\(number)"))
    guard mkdir(directory.path, 0o755) == 0 else { throw CommandFailure("mkdir: errno \(errno)") }
    events = try EventWriter(directory)
  }

  func append(_ kind: RunEvent.Kind, _ change: (inout RunEvent) -> Void = { _ in }) throws {
    var event = RunEvent(at: Date(timeIntervalSince1970: 1_700_000_000), event: kind)
    change(&event)
    try events.append(event, durable: false)
  }

  func startStep(_ index: Int, _ name: String) throws {
    let log = try LogWriter(directory, step: index, name: name)
    self.log = log
    try append(.stepStarted) { event in
      event.step = index
      event.name = name
      event.log = log.name
    }
  }

  func write(_ text: String) throws { try log?.write(text) }

  func write(_ bytes: [UInt8]) throws {
    // The typed error does not pass through the closure.
    let result = bytes.withUnsafeBytes { buffer in Result { try log?.write(buffer) } }
    _ = try result.get()
  }

  func finishStep(_ index: Int) throws {
    try append(.stepFinished) { event in
      event.step = index
      event.stepState = .succeeded
    }
  }

  func finish(_ state: RunState = .succeeded) throws { try append(.runFinished) { $0.runState = state } }
}
