/// Something that reads foreign bytes, and what must hold whatever they are.
struct FuzzTarget: Sendable {
  let name: String
  let run: @Sendable ([UInt8]) -> Void

  init(_ name: String, _ run: @escaping @Sendable ([UInt8]) -> Void) {
    self.name = name
    self.run = run
  }

  static let all =
    [
      globs, pipelines, forms, names, certificates, forwarded, proxyHeader, requestHead, eventStream, relayed,
      handedOver, pageHeaders, hookDeliveries, cron, zoneFile, repositoryFiles, stepOutput, scripts,
    ] + senders
}

/// Ends the process where `condition` does not hold: to libFuzzer a crash, with the input that led to it.
func require(
  _ condition: Bool, _ message: @autoclosure () -> String, file: StaticString = #file, line: UInt = #line
) {
  guard !condition else { return }
  preconditionFailure(message(), file: file, line: line)
}

/// Text for one line of a listing, a log or an answer.
func requireOneLine(_ text: String, atMost limit: Int, _ what: String) {
  require(text.utf8.count <= limit, "\(what) has \(text.utf8.count) bytes")
  require(!text.unicodeScalars.contains { $0.value < 0x20 || (0x7f..<0xa0).contains($0.value) }, "\(what) has controls")
}

extension [UInt8] {
  /// The lines, at most `count`; the last one is the rest.
  func lines(_ count: Int) -> [String] {
    split(separator: UInt8(ascii: "\n"), maxSplits: count - 1, omittingEmptySubsequences: false)
      .map { String(decoding: $0, as: UTF8.self) }
  }
}
