import Agent
import FoundationEssentials
import Hummingbird
import Metrics
import Model
import NIOCore
import NIOPosix
import RunDirectory
import ServiceLifecycle

/// A run's events and logs as a stream that follows it to its end.
///
/// Pull-based from end to end: the files are read only as fast as the client takes what was sent, so a client
/// that never reads costs one piece of log and nothing more, and never slows the run.
struct LiveLog: Sendable {
  let agent: any AgentControl
  let run: Int
  /// The run stays as long as somebody follows it.
  let hold: RunHold
  let start: LogPosition
  /// Wait for what is still to come; else end where the log ends now.
  let follows: Bool
  let withTimes: Bool
  /// Who follows; the stream ends when they may not any more.
  let caller: Caller?

  /// A follower sees a line at most this long after it is on disk.
  private static let pollInterval = Duration.milliseconds(80)
  private static let keepAliveInterval = Duration.seconds(15)
  /// How often the agent is asked whether a run without news is over: cancelled while it was queued, or left
  /// by a runner that died before it could say so.
  private static let stateInterval = Duration.seconds(1)

  var response: Response {
    Response(
      status: .ok,
      headers: [.contentType: "text/event-stream"],
      body: ResponseBody { writer in
        // Moved through a value of the closure's own: the writer cannot be captured.
        var open = writer
        let followers = Meter(label: Measure.followers.name)
        followers.increment()
        defer { followers.decrement() }
        // At a shutdown a follower's connection breaks, and the client goes on at the next agent.
        try await write(to: &open)
        try await open.finish(nil)
      })
  }

  private func write(to writer: inout any ResponseBodyWriter) async throws {
    var reader = Reader(directory: RunDirectory(path: agent.directory(ofRun: run)), start: start, withTimes: withTimes)
    var lastWrite = ContinuousClock.now
    var lastState = ContinuousClock.now - LiveLog.stateInterval
    var lastPermission = ContinuousClock.now
    var ended: Run?
    while true {
      try Task.checkCancellation()
      if lastPermission.duration(to: .now) >= LiveLog.stateInterval {
        guard caller?.stillCounts ?? true else { return }
        lastPermission = .now
      }
      let buffer: ByteBuffer
      (reader, buffer) = try await NIOThreadPool.singleton.runIfActive { [reader] in
        var reader = reader
        let buffer = try reader.next()
        return (reader, buffer)
      }
      if buffer.readableBytes > 0 {
        try await writer.write(buffer)
        lastWrite = .now
        if reader.isFinished { return }
        continue
      }
      if let ended {
        // It was over before this last look at the files, so nothing more can come.
        return try await writer.write(LiveLog.finalEvent(of: ended, at: reader.position))
      }
      if lastState.duration(to: .now) >= LiveLog.stateInterval {
        let now = try await agent.run(number: run)
        lastState = .now
        if now.state.isFinal {
          ended = now
          continue
        }
      }
      guard follows else { return }
      if lastWrite.duration(to: .now) >= LiveLog.keepAliveInterval {
        var comment = ByteBuffer()
        comment.writeKeepAlive()
        try await writer.write(comment)
        lastWrite = .now
      }
      try await Task.sleep(for: LiveLog.pollInterval)
    }
  }

  /// The end of a run whose runner never wrote one.
  private static func finalEvent(of run: Run, at position: LogPosition) throws -> ByteBuffer {
    var buffer = ByteBuffer()
    try buffer.writeEvent(
      RunEvent(
        at: run.finishedAt ?? run.queuedAt, event: .runFinished, runState: run.state, reason: run.reason,
        failedStep: run.failedStep, supersededBy: run.supersededBy),
      at: position)
    return buffer
  }
}

extension LiveLog {
  /// The files' side of a live log, used by one thread at a time.
  private struct Reader: Sendable {
    private let directory: RunDirectory
    private let withTimes: Bool
    private var follower: LogFollower
    /// The times of the steps whose logs are being delivered.
    private var clocks: [Int: StepClock] = [:]

    init(directory: RunDirectory, start: LogPosition, withTimes: Bool) {
      self.directory = directory
      self.withTimes = withTimes
      follower = LogFollower(directory, from: start)
    }

    var isFinished: Bool { follower.isFinished }
    var position: LogPosition { follower.position }

    /// What is new, as it goes to the client; empty where nothing is.
    mutating func next() throws -> ByteBuffer {
      var buffer = ByteBuffer()
      for item in try items() {
        switch item {
        case .event(let event, let position):
          try buffer.writeEvent(event, at: position)
          if event.event == .stepFinished, let step = event.step { clocks[step] = nil }
        case .log(let step, let offset, let bytes, let position):
          let times = withTimes ? try times(ofStep: step, offset..<(offset + bytes.count)) : nil
          buffer.writeLog(step: step, offset: offset, bytes: bytes, times: times, at: position)
        }
      }
      return buffer
    }

    /// Nothing where there is no directory that may be looked into, as where none could be made.
    private mutating func items() throws -> [LogFollower.Item] {
      do {
        return try follower.next()
      } catch {
        guard !directory.isThere else { throw error }
        return []
      }
    }

    private mutating func times(
      ofStep step: Int, _ range: Range<Int>
    ) throws -> [(offset: Int, milliseconds: Int64)] {
      if clocks[step] == nil {
        let start = try directory.events().first { $0.event == .stepStarted && $0.step == step }
        guard let path = start.flatMap(directory.stepLogPath) else { return [] }
        clocks[step] = StepClock(logPath: path)
      }
      return clocks[step]?.times(of: range) ?? []
    }
  }
}
