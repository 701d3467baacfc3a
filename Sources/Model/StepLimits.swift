/// What a step may use at most.
public struct StepLimits: Codable, Hashable, Sendable {
  /// Bytes, of all its processes together where the system can count them so.
  public var memory: Int?
  /// Processors: 1.5 is one and a half of them.
  public var cpu: Double?
  /// Processes and threads that exist at the same time.
  public var processes: Int?
  /// Share of the disk's time beside other steps, from 1 to 10,000; 100 is the usual one.
  public var io: Int?
  /// Bytes of its log.
  public var log: Int?
  /// What a step comes to that writes more than `log`; `nil`: `cut`.
  public var logEnd: LogEnd?

  public enum LogEnd: String, Codable, Sendable, CaseIterable {
    /// It goes on; what it writes is dropped.
    case cut
    /// It is ended, and has failed.
    case fail
  }

  public init(
    memory: Int? = nil, cpu: Double? = nil, processes: Int? = nil, io: Int? = nil, log: Int? = nil,
    logEnd: LogEnd? = nil
  ) {
    self.memory = memory
    self.cpu = cpu
    self.processes = processes
    self.io = io
    self.log = log
    self.logEnd = logEnd
  }

  /// With what `other` says where this says nothing.
  public func filled(from other: StepLimits?) -> StepLimits {
    StepLimits(
      memory: memory ?? other?.memory, cpu: cpu ?? other?.cpu, processes: processes ?? other?.processes,
      io: io ?? other?.io, log: log ?? other?.log, logEnd: logEnd ?? other?.logEnd)
  }
}
