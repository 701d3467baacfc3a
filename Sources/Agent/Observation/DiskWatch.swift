public import Logging
public import ServiceLifecycle
import Synchronization

/// Looks at the disks that the agent writes to, so that no new run starts on one that is nearly full. Deliveries are
/// taken all the same, for as long as the store can record them.
public final class DiskWatch: Service {
  private let places: [(disk: String, folder: String)]
  private let rules: RulesInForce
  private let interval: Duration
  private let logger: Logger
  private let work = BlockingWork("disks")
  private let rooms = Mutex<[DiskRoom]>([])
  private let listeners = Mutex<(short: @Sendable () -> Void, enough: @Sendable () -> Void)>(({}, {}))

  /// - Parameters:
  ///   - store: the folder of the store.
  ///   - runs: the folder that holds what runners write.
  public init(
    store: String, runs: String, rules: RulesInForce, interval: Duration = .seconds(2), logger: Logger
  ) {
    places = [("store", store), ("runs", runs)]
    self.rules = rules
    self.interval = interval
    self.logger = logger
  }

  /// - Parameters:
  ///   - short: called when a disk has become too full for new runs.
  ///   - enough: called when there is room again.
  public func onChange(short: @escaping @Sendable () -> Void, enough: @escaping @Sendable () -> Void) {
    listeners.withLock { $0 = (short, enough) }
  }

  /// As they were seen last; does not wait.
  public var current: [DiskRoom] { rooms.withLock { $0 } }

  /// Why no new run starts, as it was seen last; `nil` where they may.
  public var shortage: String? { current.lazy.compactMap(\.shortage).first }

  public func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        await self.look()
        try? await Task.sleep(for: self.interval)
      }
    }
  }

  /// Looks now.
  /// - Returns: why no new run starts; `nil` where they may.
  @discardableResult
  public func look() async -> String? {
    let marks = rules.current.disk
    let seen = await work.run { [places] in places.compactMap { DiskRoom($0.disk, at: $0.folder, marks) } }
    let before = rooms.withLock { rooms in
      defer { rooms = seen }
      return rooms
    }
    tell(before, seen)
    return seen.lazy.compactMap(\.shortage).first
  }

  private func tell(_ before: [DiskRoom], _ now: [DiskRoom]) {
    var told: Set<String> = []
    for room in now {
      let level = before.first { $0.disk == room.disk }?.level ?? .enough
      // Store and runs may share a folder, and then they share the news.
      guard room.level != level, told.insert(room.folder).inserted else { continue }
      let words =
        switch room.level {
        case .short: "a disk is nearly full: no new run starts"
        case .low: "a disk is filling up"
        case .enough: "a disk has room again"
        }
      logger.log(
        level: room.level == .short ? .error : room.level == .low ? .warning : .notice, "\(words)",
        metadata: [
          "event": "disk_\(room.level.rawValue)", "folder": "\(room.folder)", "free": "\(room.free)",
          "stop": "\(room.stop)", "size": "\(room.size)",
        ])
    }
    let wasShort = before.contains { $0.level == .short }
    let isShort = now.contains { $0.level == .short }
    guard wasShort != isShort else { return }
    let listeners = listeners.withLock { $0 }
    if isShort { listeners.short() } else { listeners.enough() }
  }
}
