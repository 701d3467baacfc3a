import Glibc
public import Model

/// Delivers a run's events and logs in one order, from any place on, as they come to the disk.
///
/// Pull-based: it owns no task and no thread, and a call that finds nothing new costs an `fstat` for the events and one for
/// each step under way. What was delivered of a step is always a prefix of what is stored, and its log comes whole before
/// its `step_finished`.
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
  /// The steps under way, in the order in which they began.
  private var open: [OpenStep] = []
  /// Where to begin, until the events before that place have been read.
  private var resume: LogPosition?

  private struct OpenStep {
    var index: Int
    var path: String?
    var file: OpenFile?
    /// Everything before this byte of its log has been delivered.
    var offset = 0
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
      guard let (event, end) = pending.first else {
        guard try readLogs(into: &items, &budget) else { break }
        continue
      }
      if event.event == .stepFinished, let index = open.firstIndex(where: { $0.index == event.step }) {
        // Less than a character's worth could come out as nothing, which would pass for the end of the log.
        guard budget >= 4 else { break }
        if let item = try readLog(index, limit: budget, isComplete: true) {
          take(item, into: &items, &budget)
          continue
        }
      }
      pending.removeFirst()
      deliver(event, end)
      items.append(.event(event, position))
    }
    return items
  }

  /// Reads on in the log of each open step, in turns, so that one that floods its log hides no other.
  /// - Returns: false where there is nothing new, or enough for one call.
  private mutating func readLogs(into items: inout [Item], _ budget: inout Int) throws(RunDirectoryError) -> Bool {
    var isNew = false
    let share = max(LogFollower.budget / max(open.count, 1) / 4, 4 << 10)
    for index in open.indices {
      guard budget >= 4 else { return false }
      guard let item = try readLog(index, limit: open.count == 1 ? budget : min(share, budget), isComplete: false)
      else {
        continue
      }
      take(item, into: &items, &budget)
      isNew = true
    }
    return isNew
  }

  private func take(_ item: Item, into items: inout [Item], _ budget: inout Int) {
    if case .log(_, _, let bytes, _) = item { budget -= bytes.count }
    items.append(item)
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
    if position.events == place.events {
      if open.count == 1, place.logs.isEmpty { open[0].offset = place.log }
      for index in open.indices { open[index].offset = place.logs[open[index].index] ?? open[index].offset }
      notePlace()
    }
    resume = nil
    return true
  }

  private mutating func deliver(_ event: RunEvent, _ end: Int) {
    position.events = end
    switch event.event {
    case .stepStarted: open.append(OpenStep(index: event.step ?? -1, path: directory.stepLogPath(event)))
    case .stepFinished: open.removeAll { $0.index == event.step }
    case .runFinished:
      open = []
      isFinished = true
    case .runStarted, .stepSkipped, .stepRetried, .waiting, .answered, .stopping: break
    }
    notePlace()
  }

  private mutating func notePlace() {
    position.log = open.count == 1 ? open[0].offset : 0
    position.logs = open.count > 1 ? Dictionary(open.map { ($0.index, $0.offset) }) { first, _ in first } : [:]
  }

  /// The next piece of an open step's log; `nil` at its present end.
  private mutating func readLog(
    _ index: Int, limit: Int, isComplete: Bool
  ) throws(RunDirectoryError) -> Item? {
    guard let path = open[index].path else { return nil }
    if open[index].file == nil { open[index].file = try OpenFile.existing(path) }
    guard let file = open[index].file else { return nil }
    let offset = open[index].offset
    var bytes = try file.read(at: offset, limit: limit)
    let end = offset + bytes.count
    // The beginning of a character waits for its rest, unless the rest will never come.
    let cut = UTF8Boundary.incompleteSuffix(of: bytes)
    if cut > 0 {
      let size = try file.size
      if !isComplete || size > end { bytes.removeLast(cut) }
    }
    guard !bytes.isEmpty else { return nil }
    open[index].offset += bytes.count
    notePlace()
    return .log(step: open[index].index, offset: offset, bytes: bytes, position)
  }
}
