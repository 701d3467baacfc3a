import Model
import Pipelines

/// Reads `sources`.
struct SourceReading {
  let secrets: SecretReading
  let senders: [String]

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
    guard let fields = entry.value.fields(["sender", "secrets"], expected: "a mapping with `sender` and `secrets`")
    else { return nil }
    let sender = sender(fields)
    guard let listed = fields["secrets"] else {
      entry.report(
        "source `\(entry.name.shown())` has no `secrets`, so no delivery could be proved genuine",
        suggestion: "add `secrets: [{file: \(entry.name.shown()).secret}]`")
      return nil
    }
    let values = listed.oneOrMany(atMost: 20) ?? []
    if values.isEmpty { listed.mismatch("a list with at least one secret") }
    let found = values.compactMap { secrets.secret($0) }
    guard let sender else { return nil }
    return SourceConfiguration(name: entry.name, sender: sender, secrets: found)
  }

  private func sender(_ fields: Fields) -> String? {
    let known = "known are \(senders.joined(separator: ", "))"
    guard let value = fields["sender"] else {
      fields.value.report("\(fields.value.subject) has no `sender`: who posts here", suggestion: known)
      return nil
    }
    guard let name = value.string("the name of a sender") else { return nil }
    guard senders.contains(name) else {
      value.report("unknown sender `\(name.shown())`", suggestion: Suggestion.didYouMean(name, senders) ?? known)
      return nil
    }
    return name
  }

  private static func isName(_ text: String) -> Bool {
    guard (1...64).contains(text.utf8.count), text.first != "-", text.first != "_" else { return false }
    return text.utf8.allSatisfy {
      (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
    }
  }
}
