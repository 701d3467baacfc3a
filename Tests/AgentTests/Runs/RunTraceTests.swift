import Foundation
import Model
import RunDirectory
import Synchronization
import TestSupport
import Testing

@testable import Agent

/// What is seen of a run in its directory, while something happens there.
@Suite struct RunTraceTests {
  private let folder: TemporaryDirectory
  private let area: RunArea

  init() throws {
    folder = try TemporaryDirectory("trace")
    area = RunArea(root: folder.path)
  }

  private func runner(_ number: Int) throws -> StandInRunner {
    let request = someRequest(try somePipeline())
    let directory = area.directory(ofRun: number)
    _ = try RunDirectory.create(
      at: directory.path,
      spec: RunSpec(number: number, request: request, mirror: "/m", workspace: "/w", allowedSchemes: [.https]),
      eventBody: nil)
    return StandInRunner(Handover(directory: directory.path, secrets: [:], credentials: []))
  }

  @Test("a runner that begins between two looks is never taken for a dead one")
  func beginning() throws {
    for number in 1...300 {
      let runner = try runner(number)
      let begins = Atomic(false)
      let isOver = DispatchSemaphore(value: 0)
      Thread.detachNewThread {
        while !begins.load(ordering: .acquiring) {}
        _ = try? runner.begin()
        isOver.signal()
      }
      let trace = RunTrace(runner.directory)
      begins.store(true, ordering: .releasing)
      var hasBegun = false
      while !hasBegun {
        switch trace.look() {
        case .alive: hasBegun = true
        case .notBegun: continue
        case .dead(let outcome), .ended(let outcome):
          Issue.record("run \(number): \(outcome.reason ?? "-")")
          hasBegun = true
        }
      }
      isOver.wait()
      runner.die()
    }
  }

  @Test("a runner that took the lock and could write no event has failed by what it said, also where it was seen alive")
  func noEvent() throws {
    let directory = try runner(1).directory
    let trace = RunTrace(directory)
    guard let lock = try directory.lock() else {
      Issue.record("somebody has the lock")
      return
    }
    guard case .alive = trace.look() else {
      Issue.record("not alive")
      return
    }
    try "pushrod-runner: cannot create events.jsonl: No space left on device\n".write(
      toFile: directory.path + "/runner.err", atomically: true, encoding: .utf8)
    _ = consume lock
    guard case .dead(let outcome) = trace.look() else {
      Issue.record("not dead")
      return
    }
    #expect(outcome.state == .failed)
    #expect(outcome.reason?.contains("No space left on device") == true)
  }

  @Test("a run that cannot be closed to a late runner is not given up")
  func notClosed() throws {
    let runner = try runner(1)
    try FileManager.default.createSymbolicLink(atPath: runner.directory.eventsPath, withDestinationPath: "/nonexistent")
    #expect(RunTrace(runner.directory).giveUp() == nil)
    try FileManager.default.removeItem(atPath: runner.directory.eventsPath)
    #expect(RunTrace(runner.directory).giveUp()?.state == .interrupted)
    #expect(throws: RunDirectoryError.self) { try runner.begin() }
  }
}
