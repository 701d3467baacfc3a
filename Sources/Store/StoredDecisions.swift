import Model

/// What each pipeline said, one a line: `+ shop: branch main`, `- docs: branch "main" not in [docs]`.
///
/// Like `StoredHeaders`, this is on the way of every delivery.
enum StoredDecisions {
  static func text(_ decisions: [Decision]) -> String? {
    guard !decisions.isEmpty else { return nil }
    var text = ""
    for decision in decisions {
      text += decision.starts ? "+ " : "- "
      // The name holds neither colon nor blank: it names folders.
      text += decision.pipeline
      text += ": "
      text += decision.reason.utf8.contains(UInt8(ascii: "\n")) ? onOneLine(decision.reason) : decision.reason
      text += "\n"
    }
    return text
  }

  static func decisions(_ text: String) -> [Decision] {
    text.split(separator: "\n").compactMap { line in
      guard let colon = line.firstIndex(of: ":") else { return nil }
      return Decision(
        pipeline: String(line[..<colon].dropFirst(2)), starts: line.hasPrefix("+"),
        reason: String(line[colon...].dropFirst(2)))
    }
  }

  private static func onOneLine(_ text: String) -> String {
    String(text.unicodeScalars.map { $0 == "\n" ? " " : Character($0) })
  }
}
