import Glibc
public import Model

/// Delivers a run's events and logs in one order, from any place on, as they come to the disk.
///
/// Pull-based: it owns no task and no thread, and a call that finds nothing new costs two `fstat`s. What was
/// delivered is always a prefix of what is stored, and a step's log comes whole before its `step_finished`.
public struct LogFollower: Sendable {
  /// One thing that happened, with the place after it.
  public enum Item: Sendable, Hashable {
    case event(RunEvent, LogPosition)
    /// Bytes of a step's log; `offset` is the place of the first one in that log.
    case log(step: Int, offset: Int, bytes: [UInt8], LogPosition)
  }

  /// `run_finished` was delivered; nothing more will come.
  public private(set) var isFinished = false
  /// The place after what was delivered last.
  public private(set) var position: LogPosition

  private let directory: RunDirectory
  private var reader: EventReader
  private var pending: ArraySlice<(event: RunEvent, end: Int)> = []
  private var open: OpenStep?
  /// Where to begin, until the events before that place have been read.
  private var resume: LogPosition?

  private struct OpenStep {
    var index: Int
    var path: String?
    var file: OpenFile?
  }

  /// - Parameter position: where an earlier follower stopped. One that lies within a line of `events.jsonl`
  ///   counts as the line's beginning; one behind the end waits there.
  public init(_ directory: RunDirectory, from position: LogPosition = .start) {
    self.directory = directory
    reader = EventReader(path: directory.eventsPath)
    self.position = .start
    resume = position == .start ? nil : position
  }

  /// What has come since the last call: at most 256 KiB of log, in pieces that end between characters where
  /// the log is UTF-8. Empty where there is nothing new.
  /// - Throws: `RunDirectoryError`.
  public mutating func next() throws(RunDirectoryError) -> [Item] {
    var items: [Item] = []
    var budget = LogFollower.budget
    try readEvents()
    if let place = resume, try !skip(to: place) { return [] }
    while !isFinished {
      // The events are read before the log: where the end of the step is known, its log is complete.
      if pending.isEmpty { try readEvents() }
      let ends = pending.first.map { open != nil && $0.event.step == open?.index } ?? false
      if open != nil, pending.isEmpty || ends {
        // Less than a character's worth could come out as nothing, which would pass for the end of the log.
        guard budget >= 4 else { break }
        if let item = try readLog(limit: budget, isComplete: ends) {
          if case .log(_, _, let bytes, _) = item { budget -= bytes.count }
          items.append(item)
          continue
        }
      }
      guard let (event, end) = pending.popFirst() else { break }
      deliver(event, end)
      items.append(.event(event, position))
    }
    return items
  }

  private static let budget = 256 << 10

  private mutating func readEvents() throws(RunDirectoryError) {
    pending += try reader.next()
  }

  /// Passes over the events before `place` without delivering them, to learn which step is open there.
  /// - Returns: false while the file does not reach that far.
  private mutating func skip(to place: LogPosition) throws(RunDirectoryError) -> Bool {
    while position.events < place.events {
      if pending.isEmpty { try readEvents() }
      guard let (event, end) = pending.first else { return false }
      if end > place.events { break }
      pending.removeFirst()
      deliver(event, end)
    }
    if position.events == place.events, open != nil { position.log = place.log }
    resume = nil
    return true
  }

  private mutating func deliver(_ event: RunEvent, _ end: Int) {
    position.events = end
    switch event.event {
    case .stepStarted:
      open = OpenStep(index: event.step ?? -1, path: directory.stepLogPath(event))
      position.log = 0
    case .stepFinished:
      open = nil
      position.log = 0
    case .runFinished:
      open = nil
      position.log = 0
      isFinished = true
    case .runStarted, .stepSkipped, .stepRetried, .waiting, .answered, .stopping: break
    }
  }

  /// The next piece of the open step's log; `nil` at its present end.
  private mutating func readLog(limit: Int, isComplete: Bool) throws(RunDirectoryError) -> Item? {
    guard var step = open, let path = step.path else { return nil }
    if step.file == nil {
      step.file = try OpenFile.existing(path)
      open = step
    }
    guard let file = step.file else { return nil }
    var bytes = try file.read(at: position.log, limit: limit)
    let end = position.log + bytes.count
    // The beginning of a character waits for its rest, unless the rest will never come.
    let cut = UTF8Boundary.incompleteSuffix(of: bytes)
    if cut > 0 {
      let size = try file.size
      if !isComplete || size > end { bytes.removeLast(cut) }
    }
    guard !bytes.isEmpty else { return nil }
    let offset = position.log
    position.log += bytes.count
    return .log(step: step.index, offset: offset, bytes: bytes, position)
  }
}
