import Foundation
import Model
import RunDirectory
import Synchronization
import TestSupport

/// Plays a runner's part in a run directory, as the test tells it: holds the lock and writes the events.
final class StandInRunner: Sendable {
  let handover: Handover
  var directory: RunDirectory { RunDirectory(path: handover.directory) }
  private let life = Mutex<Life?>(nil)

  private final class Life: @unchecked Sendable {  // used under the mutex only
    let lock: RunLock
    let writer: EventWriter

    init?(_ directory: RunDirectory) throws {
      guard let lock = try directory.lock() else { return nil }
      self.lock = lock
      writer = try EventWriter(directory)
    }
  }

  init(_ handover: Handover) { self.handover = handover }

  /// - Returns: whether this runner got the lock.
  @discardableResult
  func begin(step: String? = "build", commit: CommitID? = nil, wentBack: Bool? = nil) throws -> Bool {
    try life.withLock { life in
      life = try Life(directory)
      guard let life else { return false }
      try life.writer.append(RunEvent(at: Date(), event: .runStarted, pid: 1), durable: false)
      if let commit {
        try life.writer.append(
          RunEvent(at: Date(), event: .stepFinished, step: 0, commit: commit, wentBack: wentBack), durable: false)
      }
      if let step {
        try life.writer.append(RunEvent(at: Date(), event: .stepStarted, step: 1, name: step), durable: false)
      }
      return true
    }
  }

  func finish(
    _ state: RunState, reason: String? = nil, failedStep: String? = nil, supersededBy: Int? = nil
  ) throws {
    try life.withLock { life in
      try life?.writer.append(
        RunEvent(
          at: Date(), event: .runFinished, runState: state, reason: reason, failedStep: failedStep,
          supersededBy: supersededBy),
        durable: true)
      life = nil
    }
  }

  // MARK: What it is told

  private let told = Mutex<[ControlMessage]>([])

  var messages: [ControlMessage] { told.withLock { $0 } }

  /// Takes every message, and says yes.
  func listen() throws {
    let listener = try ControlSocket.listen(in: directory)
    Thread.detachNewThread { [weak self] in
      defer { close(listener) }
      while self != nil {
        var entry = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
        guard poll(&entry, 1, 20) > 0 else { continue }
        let client = accept(listener, nil, nil)
        guard client >= 0 else { return }
        let handle = FileHandle(fileDescriptor: client, closeOnDealloc: true)
        guard let message = try? JSON.decoder().decode(ControlMessage.self, from: handle.availableData) else {
          continue
        }
        self?.told.withLock { $0.append(message) }
        try? handle.write(contentsOf: Data("{\"ok\":true}\n".utf8))
      }
    }
  }

  /// The first message, once there is one.
  func message() async throws -> ControlMessage {
    let end = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < end {
      if let first = messages.first { return first }
      try await Task.sleep(for: .milliseconds(2))
    }
    throw CommandFailure("the runner was never told anything")
  }

  /// As by kill -9: the lock is free, and no more is written.
  func die() { life.withLock { $0 = nil } }
}

/// Hands every launch to the test.
final class StandInLauncher: RunnerLauncher {
  private let runners = Mutex<[StandInRunner]>([])
  private let failure = Mutex<LaunchFailure?>(nil)
  private let onLaunch: @Sendable (StandInRunner) throws -> Void

  /// - Parameter onLaunch: what a runner does as soon as it is launched; by default it begins its run.
  init(onLaunch: @escaping @Sendable (StandInRunner) throws -> Void = { try $0.begin() }) {
    self.onLaunch = onLaunch
  }

  func fail(_ description: String?, code: Int32 = 0) {
    failure.withLock { $0 = description.map { LaunchFailure($0, code: code) } }
  }

  func launch(_ handover: Handover) async throws {
    if let failure = failure.withLock({ $0 }) { throw failure }
    let runner = StandInRunner(handover)
    try onLaunch(runner)
    runners.withLock { $0.append(runner) }
  }

  func reap() {}

  var launched: [StandInRunner] { runners.withLock { $0 } }

  /// The runner of the n-th launch, counted from 0, once there is one.
  func runner(_ index: Int) async throws -> StandInRunner {
    let end = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < end {
      if let runner = runners.withLock({ $0.count > index ? $0[index] : nil }) { return runner }
      try await Task.sleep(for: .milliseconds(2))
    }
    throw CommandFailure("runner \(index) was never launched")
  }
}
