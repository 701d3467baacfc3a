import Model
import Pipelines
import Webhooks

/// Reads what only some senders must be told: the keys of `SenderOptions.Key` in a source.
struct SenderOptionsReading {
  let sender: any Sender
  /// Where relative paths start.
  let folder: String

  private static let longestTolerance: Seconds = 86_400

  func options(_ fields: Fields) -> SenderOptions {
    for key in SenderOptions.Key.allCases where fields.contains(key.rawValue) && !sender.optionKeys.contains(key) {
      let readers = Senders.all.filter { $0.optionKeys.contains(key) }.map { "`\($0.name)`" }
      fields.report(
        key: key.rawValue, "`\(key.rawValue)` is not read for the sender `\(sender.name)`",
        suggestion: "only \(readers.joined(separator: ", ")) \(readers.count == 1 ? "reads" : "read") it; remove it")
    }
    var options = SenderOptions()
    options.signatureHeader = value(.signatureHeader, fields).flatMap(headerName)
    options.idHeader = value(.idHeader, fields).flatMap(headerName)
    if let algorithm: SenderOptions.Algorithm = value(.algorithm, fields).flatMap(choice) {
      options.algorithm = algorithm
    }
    options.encoding = value(.encoding, fields).flatMap(choice)
    if let verification: SenderOptions.Verification = value(.verify, fields).flatMap(choice) {
      options.verification = verification
    }
    options.webhookID = value(.webhookID, fields).flatMap { word($0, "the id of a webhook") }
    options.clientID = value(.clientID, fields).flatMap { word($0, "the id of an application") }
    options.certificates = value(.certificates, fields).map(certificates) ?? []
    options.api = value(.api, fields).flatMap { $0.serviceAddress() }
    return options
  }

  /// Apart from the options, because it is said anew with each request.
  func tolerance(_ fields: Fields) -> Seconds? {
    value(.tolerance, fields).flatMap { $0.duration(atMost: SenderOptionsReading.longestTolerance) }
  }

  /// A key that the sender does not read has been reported, and is not looked at.
  private func value(_ key: SenderOptions.Key, _ fields: Fields) -> Value? {
    sender.optionKeys.contains(key) ? fields[key.rawValue] : nil
  }

  private func choice<Choice: RawRepresentable & CaseIterable>(_ value: Value) -> Choice?
  where Choice.RawValue == String {
    let names = Choice.allCases.map(\.rawValue)
    let expected = names.map { "`\($0)`" }.joined(separator: " or ")
    guard let text = value.string(expected) else { return nil }
    guard let choice = Choice(rawValue: text) else {
      value.mismatch(expected, suggestion: Suggestion.didYouMean(text, names))
      return nil
    }
    return choice
  }

  /// A token (RFC 9110, section 5.1).
  private func headerName(_ value: Value) -> String? {
    let expected = "the name of a header"
    guard let text = value.string(expected) else { return nil }
    guard (1...64).contains(text.utf8.count), text.utf8.allSatisfy(Headers.isTokenByte) else {
      value.mismatch(expected, suggestion: "write it as X-Signature, without a colon")
      return nil
    }
    return text
  }

  private func word(_ value: Value, _ expected: String) -> String? {
    guard let text = value.string(expected) else { return nil }
    guard (1...128).contains(text.utf8.count), text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }),
      !text.utf8.contains(UInt8(ascii: ":"))
    else {
      value.mismatch("\(expected): 1 to 128 characters without blanks and colons")
      return nil
    }
    return text
  }

  /// Public, so permissions do not count.
  private func certificates(_ value: Value) -> [String] {
    let items = value.oneOrMany(atMost: 16) ?? []
    if items.isEmpty { value.mismatch("a list with at least one path") }
    return items.compactMap { item in
      guard let path = item.string("the path of a PEM file") else { return nil }
      let absolute = FilePath.absolute(path, from: folder)
      switch FileReading.bytes(of: absolute, atMost: 1 << 20) {
      case .success(let bytes): return String(decoding: bytes, as: UTF8.self)
      case .failure(let failure):
        item.report("the certificate file \(absolute.shown(limit: 300)) \(failure.words)")
        return nil
      }
    }
  }
}
