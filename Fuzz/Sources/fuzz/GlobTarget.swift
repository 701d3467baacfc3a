@testable import Model

extension FuzzTarget {
  /// A pattern, a line feed, a text.
  static let globs = FuzzTarget("glob") { bytes in
    let lines = bytes.lines(2)
    guard lines.count == 2, let glob = try? Glob(lines[0]) else { return }
    let answer = glob.matches(lines[1])
    if let plain = PlainGlob(lines[0]), lines[1].unicodeScalars.count <= 24 {
      require(plain.matches(lines[1]) == answer, "\(lines[0].debugDescription) on \(lines[1].debugDescription)")
    }
    guard let list = try? GlobList(["**", "!" + lines[0]]) else { return }
    require((list.answer(to: lines[1]) == .excluded(by: "!" + lines[0])) == answer, "in a list it says something else")
  }
}

/// The definition of globs written down as a search, without sets and escapes, for short patterns: takes any time, but can
/// be read.
private struct PlainGlob {
  private let pattern: [Unicode.Scalar]

  init?(_ pattern: String) {
    self.pattern = Array(pattern.unicodeScalars)
    guard self.pattern.count <= 12, !self.pattern.contains("["), !self.pattern.contains("\\") else { return nil }
  }

  func matches(_ text: String) -> Bool { matches(pattern[...], Array(text.unicodeScalars)[...], isAtStart: true) }

  /// - Parameter isAtStart: the pattern begins here, or after a slash.
  private func matches(
    _ pattern: ArraySlice<Unicode.Scalar>, _ text: ArraySlice<Unicode.Scalar>, isAtStart: Bool
  ) -> Bool {
    guard let first = pattern.first else { return text.isEmpty }
    let stars = pattern.prefix { $0 == "*" }.count
    switch (first, stars) {
    case ("*", 2...):
      let rest = pattern.dropFirst(stars)
      if isAtStart, rest.first == "/" {
        // No folder, or everything up to some slash.
        let starts = [text.startIndex] + text.indices.filter { text[$0] == "/" }.map { $0 + 1 }
        return starts.contains { matches(rest.dropFirst(), text[$0...], isAtStart: true) }
      }
      return (text.startIndex...text.endIndex).contains { matches(rest, text[$0...], isAtStart: false) }
    case ("*", _):
      let end = text.firstIndex(of: "/") ?? text.endIndex
      return (text.startIndex...end).contains { matches(pattern.dropFirst(), text[$0...], isAtStart: false) }
    case ("?", _):
      return text.first.map { $0 != "/" } == true && matches(pattern.dropFirst(), text.dropFirst(), isAtStart: false)
    default:
      return text.first == first && matches(pattern.dropFirst(), text.dropFirst(), isAtStart: first == "/")
    }
  }
}
