import Agent
import FoundationEssentials
import Logging
import Model

/// One look at what GitHub could not deliver: list → leave out what was accepted → ask again, oldest first.
///
/// GitHub's list is the memory of what was tried; what is kept here only saves questions, and is gone with the agent.
struct RedeliveryRound {
  /// What one look leaves for the next. Dates are by GitHub's clock.
  struct Memory {
    var hooks: [Int] = []
    /// Attempts before this are known.
    var horizon = Date.distantPast
    /// What is not asked for any more, although it failed.
    var givenUp: Set<String> = []
    /// When each was asked for last: the list may not show it yet.
    var asked: [String: (at: Date, times: Int)] = [:]
    /// How many were asked for in all.
    var total = 0
    /// When something is to be looked at again before its time; `nil`: nothing is.
    var next: TimeInterval?
  }

  let source: String
  let hookAddress: WebAddress?
  let api: HookAPI
  let limits: RedeliveryLimits
  let accepted: any AcceptedDeliveries
  /// Nothing is asked for that could not be recorded.
  let canRecord: @Sendable () -> Bool
  let lateness: Lateness
  let logger: Logger

  /// - Throws: `SubscriptionFailure`, `StoreFailure`; what was asked for before stays asked for.
  func carryOut(_ memory: inout Memory) async throws {
    do {
      memory.next = nil
      let (listed, now) = try await list(&memory)
      let found = FailedDeliveries(listed, now: now, window: limits.window)
      memory.givenUp.subtract(found.accepted)
      let open = try await ask(for: found.failed, now: now, &memory)
      let newest = listed.map(\.delivery.deliveredAt).max() ?? now
      memory.horizon = min(min(newest, now) - limits.overlap, open.map(\.first).min() ?? .distantFuture)
      let names = Set(open.map(\.guid))
      memory.asked = memory.asked.filter { names.contains($0.key) }
    } catch let error as StoreFailure {
      throw error
    } catch {
      throw api.failure(error)
    }
  }

  private typealias Listed = [(hook: Int, delivery: HookDelivery)]

  private func list(_ memory: inout Memory) async throws -> (listed: Listed, now: Date) {
    if !memory.hooks.isEmpty {
      do {
        return try await pages(memory)
      } catch let refusal as GitHubRefusal where refusal.status == 404 {
        // It has been deleted, and perhaps made anew.
        memory.hooks = []
      }
    }
    memory.hooks = try await findHooks()
    return try await pages(memory)
  }

  private func findHooks() async throws -> [Int] {
    if let hook = api.redelivery.hook { return [hook] }
    guard let hookAddress else {
      throw SubscriptionFailure("`public_url` is not known, so the webhook cannot be found; say `redeliver.hook`.")
    }
    let hooks = try await api.hooks(postingTo: hookAddress)
    guard !hooks.isEmpty else {
      throw SubscriptionFailure(
        "No webhook of \(api.redelivery.repository) posts to \(hookAddress); add it there, or say `redeliver.hook`.",
        rest: SubscriptionFailure.restForPeople)
    }
    return hooks
  }

  private func pages(_ memory: Memory) async throws -> (listed: Listed, now: Date) {
    var listed: Listed = []
    var now = Date()
    for hook in memory.hooks {
      var cursor: String?
      for page in 1...limits.mostPages {
        let answer = try await api.page(of: hook, at: cursor, size: limits.pageSize)
        now = answer.now
        let end = max(memory.horizon, now - limits.window)
        listed += answer.deliveries.filter { $0.deliveredAt >= end }.map { (hook, $0) }
        guard let next = answer.next, next != cursor, answer.deliveries.allSatisfy({ $0.deliveredAt >= end }) else {
          break
        }
        cursor = next
        if page == limits.mostPages {
          logger.warning(
            "a webhook has more deliveries than are looked at; those before \(JSON.text(of: answer.deliveries.last?.deliveredAt ?? now)) are left out",
            metadata: ["event": "redelivery_list_too_long", "source": "\(source)", "hook": "\(hook)"])
        }
      }
    }
    return (listed, now)
  }

  /// - Returns: those that may be asked for again later.
  private func ask(
    for failed: [FailedDeliveries.Failed], now: Date, _ memory: inout Memory
  ) async throws -> [FailedDeliveries.Failed] {
    var open: [FailedDeliveries.Failed] = []
    var count = 0
    let began = ContinuousClock.now
    for var delivery in failed where !memory.givenUp.contains(delivery.guid) {
      if try await accepted.isAccepted(delivery.guid, from: source) { continue }
      if let asked = memory.asked[delivery.guid] {
        delivery.last = max(delivery.last, asked.at)
        delivery.attempts = max(delivery.attempts, asked.times + 1)
      }
      let wait = delivery.due(limits).timeIntervalSince(now)
      if delivery.attempts > limits.attempts, wait <= 0 {
        giveUp(delivery, "it was asked for \(limits.attempts) times", &memory)
        continue
      }
      open.append(delivery)
      guard wait <= 0, count < limits.mostAsked, canRecord() else {
        memory.next = min(memory.next ?? .infinity, max(wait, 0))
        continue
      }
      if count > 0 { try await Task.sleep(for: limits.askPause) }
      count += 1
      let isAsked = try await ask(for: delivery, sent: began - .seconds(max(0, now.timeIntervalSince(delivery.first))))
      guard isAsked else {
        open.removeLast()
        giveUp(delivery, "GitHub does not have it any more", &memory)
        continue
      }
      memory.total += 1
      memory.asked[delivery.guid] = (now, delivery.attempts)
      delivery.attempts += 1
      delivery.last = now
      memory.next = min(memory.next ?? .infinity, delivery.due(limits).timeIntervalSince(now))
    }
    return open
  }

  /// - Returns: whether GitHub still has it.
  private func ask(for delivery: FailedDeliveries.Failed, sent: ContinuousClock.Instant) async throws -> Bool {
    // Before the question: the delivery may be here before the answer is.
    lateness.expect(delivery.guid, from: source, sent: sent)
    do {
      try await api.askAgain(delivery.id, of: delivery.hook)
    } catch let refusal as GitHubRefusal where refusal.rest == nil && [400, 404, 410, 422].contains(refusal.status) {
      return false
    }
    logger.info(
      "a delivery that failed was asked for again",
      metadata: [
        "event": "redelivery_asked", "source": "\(source)", "delivery_id": "\(delivery.guid)",
        "github_event": "\(delivery.event.quotable(limit: 64))", "attempts": "\(delivery.attempts)",
      ])
    return true
  }

  private func giveUp(_ delivery: FailedDeliveries.Failed, _ reason: String, _ memory: inout Memory) {
    memory.givenUp.insert(delivery.guid)
    logger.warning(
      "a delivery that failed is not asked for any more",
      metadata: [
        "event": "redelivery_given_up", "source": "\(source)", "delivery_id": "\(delivery.guid)",
        "github_event": "\(delivery.event.quotable(limit: 64))", "reason": "\(reason)",
      ])
  }
}
