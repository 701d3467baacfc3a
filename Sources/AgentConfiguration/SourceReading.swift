import Model
import Pipelines
import Webhooks

/// Reads `sources`.
struct SourceReading {
  let secrets: SecretReading
  /// Where relative paths start.
  let folder: String
  /// Whether senders' own address of the agent is known.
  let hasPublicURL: Bool

  static let keys =
    ["sender", "secrets", "allow", "rate", "relay", "forward", "redeliver"] + SenderOptions.Key.allCases.map(\.rawValue)

  func sources(_ value: Value) -> [SourceConfiguration] {
    (value.named(atMost: 100, expected: "a mapping of names to sources") ?? []).compactMap(source)
      .sorted { $0.name < $1.name }
  }

  private func source(_ entry: NamedValue) -> SourceConfiguration? {
    if !SourceReading.isName(entry.name) {
      entry.report(
        "`\(entry.name.shown())` cannot name a source: it is part of the address /webhook/<source>",
        suggestion: "use lower-case letters, digits, `-` and `_`, at most 64")
    }
    if entry.name == Way.poll.rawValue {
      entry.report(
        "no source can be named `poll`: that is what the inbox calls pushes that the agent finds by itself (`on.poll`)",
        suggestion: "give it another name, such as its sender's")
    }
    guard let fields = entry.value.fields(SourceReading.keys, expected: "a mapping with `sender` and `secrets`")
    else { return nil }
    let sender = sender(fields)
    let found = secrets(fields["secrets"], of: sender)
    guard let sender else { return nil }
    let reading = SenderOptionsReading(sender: sender, folder: folder)
    let options = reading.options(fields)
    if fields["secrets"] == nil, sender.needsSecrets(options) {
      entry.report(
        "source `\(entry.name.shown())` has no `secrets`, so no delivery could be proved genuine",
        suggestion: "add `secrets: [{file: \(entry.name.shown()).secret}]`")
    }
    let settings = SourceSettings(
      name: entry.name, keys: Set(SourceReading.keys.filter { SourceReading.says($0, fields) }), options: options,
      hasPublicURL: hasPublicURL)
    for complaint in sender.complaints(about: settings) {
      fields.report(
        key: complaint.key, "source `\(entry.name.shown())` \(complaint.message)", suggestion: complaint.suggestion)
    }
    let subscriptions = SubscriptionReading(secrets: secrets)
    let relay = fields["relay"].flatMap(subscriptions.relay)
    let forwarding = fields["forward"].flatMap {
      subscriptions.forwarding($0, sender: sender.name, secret: found.first)
    }
    var source = SourceConfiguration(
      name: entry.name, sender: sender, secrets: found, options: options, tolerance: reading.tolerance(fields),
      relay: relay, forwarding: forwarding)
    source.redelivery = fields["redeliver"].flatMap {
      subscriptions.redelivery($0, sender: sender.name, hasPublicURL: hasPublicURL)
    }
    source.allow = fields["allow"].flatMap(DoorReading.allowList)
    source.rate = fields["rate"].flatMap(DoorReading.rate)
    return source
  }

  private func secrets(_ value: Value?, of sender: (any Sender)?) -> [Secret] {
    guard let value else { return [] }
    let values = value.oneOrMany(atMost: 20) ?? []
    if values.isEmpty { value.mismatch("a list with at least one secret") }
    return values.compactMap { item in
      guard let secret = secrets.secret(item) else { return nil }
      if let sender, let complaint = sender.complaint(about: secret) {
        item.report("the secret \(item.subject), of the sender `\(sender.name)`, \(complaint)")
      }
      return secret
    }
  }

  private func sender(_ fields: Fields) -> (any Sender)? {
    let names = Senders.all.map(\.name)
    let known = "known are \(names.joined(separator: ", "))"
    guard let value = fields["sender"] else {
      fields.value.report("\(fields.value.subject) has no `sender`: who posts here", suggestion: known)
      return nil
    }
    guard let name = value.string("the name of a sender") else { return nil }
    guard let sender = Senders.named(name) else {
      value.report("unknown sender `\(name.shown())`", suggestion: Suggestion.didYouMean(name, names) ?? known)
      return nil
    }
    return sender
  }

  /// An empty list says nothing.
  private static func says(_ key: String, _ fields: Fields) -> Bool {
    guard let value = fields[key] else { return false }
    return value.node.content != .list([])
  }

  private static func isName(_ text: String) -> Bool {
    guard (1...64).contains(text.utf8.count), text.first != "-", text.first != "_" else { return false }
    return text.utf8.allSatisfy {
      (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
    }
  }
}
