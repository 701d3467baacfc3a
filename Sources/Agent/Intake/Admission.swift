import Door
import FoundationEssentials
import Glibc
import Logging
import Model
import Synchronization
import Webhooks

/// Who may come in, and how often, decided from the head of a request: before its body is read, and long before the
/// signature is computed.
final class Admission: Sendable {
  private struct NoteKey: Hashable {
    var source: String
    var client: ClientNetwork?
    var status: Int
  }

  private struct State {
    var addresses = RateTable<ClientNetwork>(capacity: 20_000)
    var sources: [String: (rate: Rate, bucket: TokenBucket)] = [:]
    var notes = RateTable<NoteKey>(capacity: 1000)
  }

  private struct Refusal {
    var answer: HookAnswer
    /// For the inbox and the log.
    var reason: String
  }

  /// Of one kind of refusal of one client: a burst leaves one note, not a thousand that drive out all others.
  private static let noteRate = Rate.perMinute(1)

  private let github: PublishedRanges
  private let store: any DeliveryStore
  private let logger: Logger
  /// Seconds on a clock that never goes back.
  private let clock: @Sendable () -> Double
  private let state = Mutex(State())

  init(
    github: PublishedRanges, store: any DeliveryStore, logger: Logger,
    clock: @escaping @Sendable () -> Double = Admission.monotonic
  ) {
    self.github = github
    self.store = store
    self.logger = logger
    self.clock = clock
  }

  /// - Returns: `nil` where the delivery may come in.
  func answer(_ knock: HookKnock, _ rules: Ruleset) -> HookAnswer? {
    let now = clock()
    guard let refusal = refusal(knock, rules, now) else { return nil }
    if let source = rules.sources[knock.source] {
      note(knock, of: source, status: refusal.answer.status, reason: refusal.reason, now)
    }
    return refusal.answer
  }

  /// What the listener has refused, for a reason of its own: as what is refused here, once a minute.
  func noteRefusal(of knock: HookKnock, status: Int, reason: String, _ rules: Ruleset) {
    guard let source = rules.sources[knock.source] else { return }
    note(knock, of: source, status: status, reason: reason, clock())
  }

  private func refusal(_ knock: HookKnock, _ rules: Ruleset, _ now: Double) -> Refusal? {
    let isThisMachine = knock.address?.isLoopback ?? false
    if let address = knock.address,
      let rate = rules.door.addressRate ?? (isThisMachine ? nil : DoorRules.defaultAddressRate),
      let wait = state.withLock({ $0.addresses.take(ClientNetwork(address), at: rate, now: now) })
    {
      return Refusal(answer: .tooMany(retryAfter: wait), reason: "more than \(rate) from this address")
    }
    guard rules.sources[knock.source] != nil else {
      return Refusal(answer: .noSuchSource, reason: "there is no such source")
    }
    let source = rules.door.sources[knock.source] ?? DoorRules.Source()
    switch source.allow?.answer(for: knock.address, github: github.current) {
    case nil, .allowed: break
    case .refused: return Refusal(answer: .forbiddenAddress, reason: "the address is not in this source's `allow`")
    case .unknown:
      return Refusal(
        answer: .addressesUnknown,
        reason: "this source allows `github`, and GitHub's addresses have never been fetched")
    }
    guard let rate = source.rate ?? (isThisMachine ? nil : DoorRules.defaultSourceRate),
      let wait = wait(knock.source, rate, now)
    else { return nil }
    return Refusal(answer: .tooMany(retryAfter: wait), reason: "more than \(rate) for this source")
  }

  private func wait(_ source: String, _ rate: Rate, _ now: Double) -> Double? {
    state.withLock { state in
      // Only configured names come here, so this stays as small as the configuration.
      if state.sources[source]?.rate != rate { state.sources[source] = (rate, rate.bucket(now: now)) }
      return state.sources[source]?.bucket.take(now: now)
    }
  }

  private func note(_ knock: HookKnock, of source: Source, status: Int, reason: String, _ now: Double) {
    let key = NoteKey(
      source: knock.source, client: knock.address.map(ClientNetwork.init), status: status)
    guard state.withLock({ $0.notes.take(key, at: Admission.noteRate, now: now) }) == nil else { return }
    let address = knock.address.map { "\($0)" }
    logger.warning(
      "a delivery was turned away at the door; more of the same within a minute are not told",
      metadata: [
        "event": "delivery_refused", "stage": "receive", "source": "\(knock.source)", "address": "\(address ?? "-")",
        "status": "\(status)", "reason": "\(reason)",
      ])
    let kept = HookRequest(source: source.name, token: knock.token, headers: knock.headers, body: [], address: address)
      .withoutSecrets(source)
    let note = NewDelivery(
      source: knock.source, id: UUID().uuidString.lowercased(), event: nil, receivedAt: Date(), address: address,
      headers: kept.headers, body: [], ignored: nil, decisions: [], runs: [])
    Task { [store] in await store.recordRejected(note, reason: reason) }
  }

  static func monotonic() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
