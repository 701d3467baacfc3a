/// Patterns in order, of which those with a `!` before them exclude. The last one that matches decides.
public struct GlobList: Sendable, Hashable {
  /// What a list says to a name.
  public enum Answer: Sendable, Hashable {
    /// The pattern as written.
    case included(by: String)
    /// The pattern as written, with its `!`.
    case excluded(by: String)
    case unmatched
  }

  private struct Entry: Sendable, Hashable {
    var written: String
    var glob: Glob
    var excludes: Bool
  }

  private let entries: [Entry]

  /// - Throws: `Glob.Malformed` for the first pattern that cannot be read.
  public init(_ patterns: [String]) throws(Glob.Malformed) {
    var entries: [Entry] = []
    for written in patterns {
      let excludes = GlobList.excludes(written)
      let glob = try Glob(excludes ? String(written.unicodeScalars.dropFirst()) : written)
      entries.append(Entry(written: written, glob: glob, excludes: excludes))
    }
    self.entries = entries
  }

  /// By the scalar: to `hasPrefix`, a `!` that a combining mark follows is another character.
  public static func excludes(_ pattern: String) -> Bool { pattern.unicodeScalars.first == "!" }

  public func answer(to name: String) -> Answer {
    guard let last = entries.last(where: { $0.glob.matches(name) }) else { return .unmatched }
    return last.excludes ? .excluded(by: last.written) : .included(by: last.written)
  }
}
