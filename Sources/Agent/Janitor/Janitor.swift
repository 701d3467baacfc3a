public import Logging
public import ServiceLifecycle

/// Keeps the agent's house in order: goes through its duties when the agent starts, once a minute, and when it is called.
public struct Janitor: Service {
  private let duties: [any JanitorDuty]
  private let interval: Duration
  private let logger: Logger
  private let bell = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))

  public init(_ duties: [any JanitorDuty], interval: Duration = .seconds(60), logger: Logger) {
    self.duties = duties
    self.interval = interval
    self.logger = logger
  }

  /// Does not wait for the minute to pass: a disk is filling up, or less is to be kept from now on.
  public func call() { bell.continuation.yield() }

  public func run() async throws {
    await cancelWhenGracefulShutdown {
      let clock = Task { [bell, interval] in
        while !Task.isCancelled {
          bell.continuation.yield()
          try? await Task.sleep(for: interval)
        }
      }
      defer { clock.cancel() }
      for await _ in bell.stream {
        for duty in duties where !Task.isCancelled { await perform(duty) }
      }
    }
  }

  private func perform(_ duty: any JanitorDuty) async {
    do {
      try await duty.perform()
    } catch let error where error is CancellationError || Task.isCancelled {
      // The agent is stopping.
    } catch {
      logger.error(
        "the janitor could not do its duty; it tries again in a minute",
        metadata: ["event": "janitor_failed", "stage": "retain", "duty": "\(duty.name)", "error": "\(error)"])
    }
  }
}
