import FoundationEssentials
import Glibc
import Model
import RunDirectory

/// What a runner writes down about its run: events and step logs, with every secret masked.
final class RunRecord {
  let directory: RunDirectory
  let masker: Masker
  private let events: EventWriter
  /// The workspace is the commit.
  private(set) var checkedOut = false
  /// Something that a step started could not be ended.
  private(set) var hasSurvivors = false
  private var usage = RunEvent.Usage(wall: 0, cpu: 0, peakMemory: 0, logBytes: 0)
  private let room: ReservedRoom?

  /// - Throws: `RunDirectoryError.taken` where the run was started before.
  init(_ directory: RunDirectory, masker: Masker) throws(RunDirectoryError) {
    self.directory = directory
    self.masker = masker
    events = try EventWriter(directory)
    room = ReservedRoom(directory.eventsPath)
  }

  /// Comes to disk with the end of `fetch`, and so before any step of the pipeline runs.
  /// - Parameter secrets: names of those that the run was given.
  func runStarted(cgroup: String?, secrets: [String]) throws(RunDirectoryError) {
    var event = RunEvent(at: Date(), event: .runStarted, pid: Int(getpid()), cgroup: cgroup, uptime: Uptime.now)
    if !secrets.isEmpty { event.secrets = secrets.sorted() }
    try events.append(event, durable: false)
  }

  /// Makes the step's log and says that the step begins.
  func stepStarted(_ index: Int, _ name: String) throws(RunDirectoryError) -> LogWriter {
    let log = try LogWriter(directory, step: index, name: name)
    try events.append(
      RunEvent(at: Date(), event: .stepStarted, step: index, name: name, log: log.name), durable: false)
    return log
  }

  /// The log is on the disk already: the event calls it whole.
  /// - Parameters:
  ///   - commit: what is in the workspace, at the end of `fetch`.
  ///   - wentBack: `RunEvent.wentBack`.
  func stepFinished(
    _ index: Int, _ name: String, _ result: StepResult, log: String, commit: CommitID? = nil, wentBack: Bool? = nil
  ) throws(RunDirectoryError) {
    var event = RunEvent(
      at: Date(), event: .stepFinished, step: index, name: name, log: log, stepState: result.state,
      reason: result.explanation.map(masker.masked), commit: commit,
      allowedFailure: result.isAllowed ? true : nil, wentBack: wentBack)
    switch result.status {
    case .exited(let code): event.exitCode = Int(code)
    case .signalled(let signal): event.signal = Int(signal)
    case nil: break
    }
    event.usage = RunEvent.Usage(
      wall: Seconds(result.wall.inSeconds), cpu: Seconds(result.usage.cpu), peakMemory: result.usage.peakMemory,
      logBytes: result.logSize)
    usage.cpu = Seconds(usage.cpu.value + result.usage.cpu)
    usage.peakMemory = max(usage.peakMemory, result.usage.peakMemory)
    usage.logBytes += result.logSize
    if commit != nil { checkedOut = true }
    if result.hasSurvivors { hasSurvivors = true }
    event.received = result.received
    if !result.outputs.isEmpty { event.outputs = result.outputs.map(\.name).map(masker.masked) }
    try events.append(event, durable: true)
  }

  /// - Parameter number: of the try that begins; 2 for the first repetition.
  func stepRetried(_ index: Int, _ name: String, number: Int, reason: String) throws(RunDirectoryError) {
    var event = RunEvent(at: Date(), event: .stepRetried, step: index, name: name, reason: masker.masked(reason))
    event.attempt = number
    try events.append(event, durable: false)
  }

  func stepSkipped(_ index: Int, _ name: String, reason: String) throws(RunDirectoryError) {
    try events.append(
      RunEvent(at: Date(), event: .stepSkipped, step: index, name: name, reason: masker.masked(reason)),
      durable: false)
  }

  /// A person is asked. On the disk when this returns: whoever has been asked was.
  func waiting(_ index: Int, _ name: String, question: String, until: Date) throws(RunDirectoryError) {
    var event = RunEvent(at: Date(), event: .waiting, step: index, name: name, reason: masker.masked(question))
    event.until = until
    try events.append(event, durable: true)
  }

  /// - Parameter approved: `nil` where nobody needs to answer any more.
  func answered(
    _ index: Int, _ name: String, approved: Bool?, by person: String?, reason: String?
  ) throws(RunDirectoryError) {
    var event = RunEvent(
      at: Date(), event: .answered, step: index, name: name, reason: reason.map(masker.masked))
    event.approved = approved
    event.by = person
    try events.append(event, durable: true)
  }

  /// The run is being ended from outside. Never throws: ending it counts more.
  func stopping(reason: String) {
    try? events.append(
      RunEvent(at: Date(), event: .stopping, reason: masker.masked(reason)), durable: false)
  }

  /// - Parameter took: the whole run, on the monotonic clock.
  func runFinished(_ outcome: RunOutcome, took: Duration) throws(RunDirectoryError) {
    usage.wall = Seconds(took.inSeconds)
    try events.append(
      RunEvent(
        at: Date(), event: .runFinished, runState: outcome.state, reason: outcome.reason.map(masker.masked),
        failedStep: outcome.failedStep, usage: usage, supersededBy: outcome.supersededBy),
      durable: true)
    room?.giveBack()
  }
}
