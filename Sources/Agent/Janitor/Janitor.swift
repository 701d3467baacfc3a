public import Logging
public import ServiceLifecycle

/// Keeps the agent's house in order: goes through its duties when the agent starts, and once a minute.
public struct Janitor: Service {
  private let duties: [any JanitorDuty]
  private let interval: Duration
  private let logger: Logger

  public init(_ duties: [any JanitorDuty], interval: Duration = .seconds(60), logger: Logger) {
    self.duties = duties
    self.interval = interval
    self.logger = logger
  }

  public func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        for duty in duties { await perform(duty) }
        try? await Task.sleep(for: interval)
      }
    }
  }

  private func perform(_ duty: any JanitorDuty) async {
    do {
      try await duty.perform()
    } catch is CancellationError {
      // The agent is stopping.
    } catch {
      logger.error(
        "the janitor could not do its duty; it tries again in a minute",
        metadata: ["event": "janitor_failed", "duty": "\(duty.name)", "error": "\(error)"])
    }
  }
}
