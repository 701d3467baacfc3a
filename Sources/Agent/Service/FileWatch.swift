public import ServiceLifecycle

/// Looks again and again whether files have changed, which nobody tells the agent.
public struct FileWatch: Service {
  private let interval: Duration
  private let look: @Sendable () async -> Void

  public init(every interval: Duration = .seconds(2), look: @escaping @Sendable () async -> Void) {
    self.interval = interval
    self.look = look
  }

  public func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        try? await Task.sleep(for: interval)
        await look()
      }
    }
  }
}
