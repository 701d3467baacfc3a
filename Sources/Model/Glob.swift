/// A pattern for names with slashes, such as branches.
///
/// | Written | Matches |
/// | --- | --- |
/// | `*` | any characters but `/`, also none |
/// | `**` | any characters, also none and `/`; `**/` also matches no folder at all |
/// | `?` | one character but `/` |
/// | `[a-z]`, `[!a-z]`, `[^a-z]` | one character of the set, or one that is not in it; never `/` |
/// | `\*` | the character after the backslash |
///
/// Matching takes time proportional to pattern times text, whatever the pattern.
public struct Glob: Sendable, Hashable {
  /// As written.
  public let pattern: String
  private let tokens: [Token]

  private enum Token: Sendable, Hashable {
    case literal(Unicode.Scalar)
    case any
    case set(ranges: [ClosedRange<Unicode.Scalar>], negated: Bool)
    /// `*`
    case run
    /// `**`
    case deepRun
    /// `**/` at the beginning or after a slash: nothing, or anything that ends in a slash. Always followed by
    /// `inFolder`, the position within a folder's name.
    case folders, inFolder
  }

  /// Why a pattern cannot be read, in words.
  public struct Malformed: Error, Sendable, CustomStringConvertible {
    public let description: String
  }

  public static let longestPattern = 256

  /// - Throws: `Malformed` for an empty or overlong pattern, an open `[`, an empty or reversed range, or a
  ///   backslash at the end.
  public init(_ pattern: String) throws(Malformed) {
    guard !pattern.isEmpty else { throw Malformed(description: "the pattern is empty") }
    guard pattern.utf8.count <= Glob.longestPattern else {
      throw Malformed(description: "the pattern is longer than \(Glob.longestPattern) bytes")
    }
    self.pattern = pattern
    var tokens: [Token] = []
    var rest = pattern.unicodeScalars[...]
    while let scalar = rest.popFirst() {
      switch scalar {
      case "*":
        guard rest.first == "*" else {
          tokens.append(.run)
          continue
        }
        while rest.first == "*" { rest.removeFirst() }
        let atStart = tokens.isEmpty || tokens.last == .literal("/") || tokens.last == .inFolder
        if atStart, rest.first == "/" {
          rest.removeFirst()
          tokens += [.folders, .inFolder]
        } else {
          tokens.append(.deepRun)
        }
      case "?": tokens.append(.any)
      case "[": tokens.append(try Glob.set(&rest))
      case "\\":
        guard let escaped = rest.popFirst() else {
          throw Malformed(description: "the pattern ends with a backslash, which escapes nothing")
        }
        tokens.append(.literal(escaped))
      default: tokens.append(.literal(scalar))
      }
    }
    self.tokens = tokens
  }

  /// Reads what follows a `[`, up to its `]`.
  private static func set(_ rest: inout Substring.UnicodeScalarView) throws(Malformed) -> Token {
    var ranges: [ClosedRange<Unicode.Scalar>] = []
    var negated = false
    if rest.first == "!" || rest.first == "^" {
      negated = true
      rest.removeFirst()
    }
    var isFirst = true
    while let scalar = rest.popFirst() {
      // A `]` that comes first is a character of the set.
      if scalar == "]", !isFirst { return .set(ranges: ranges, negated: negated) }
      if scalar == "[", rest.first == ":" {
        throw Malformed(description: "named sets such as [[:alpha:]] are not supported; write [a-zA-Z]")
      }
      isFirst = false
      guard let low = scalar == "\\" ? rest.popFirst() : scalar else { break }
      var high = low
      if rest.first == "-", let end = rest.dropFirst().first, end != "]" {
        rest.removeFirst(2)
        guard let bound = end == "\\" ? rest.popFirst() : end else { break }
        high = bound
      }
      guard low <= high else {
        throw Malformed(description: "the range \(low.shown)-\(high.shown) is the wrong way round")
      }
      ranges.append(low...high)
    }
    throw Malformed(description: "a `[` is not closed; write \\[ for the character itself")
  }

  /// Walks all positions of the pattern side by side over the text, so nothing is ever tried twice.
  public func matches(_ text: String) -> Bool {
    var positions = [Bool](repeating: false, count: tokens.count + 1)
    enter(0, &positions)
    for scalar in text.unicodeScalars {
      var next = [Bool](repeating: false, count: tokens.count + 1)
      for index in tokens.indices where positions[index] {
        switch tokens[index] {
        case .literal(let literal): if scalar == literal { enter(index + 1, &next) }
        case .any: if scalar != "/" { enter(index + 1, &next) }
        case .set(let ranges, let negated):
          if scalar != "/", ranges.contains(where: { $0.contains(scalar) }) != negated { enter(index + 1, &next) }
        case .run: if scalar != "/" { enter(index, &next) }
        case .deepRun: enter(index, &next)
        case .folders: enter(scalar == "/" ? index : index + 1, &next)
        case .inFolder: enter(scalar == "/" ? index - 1 : index, &next)
        }
      }
      positions = next
    }
    return positions[tokens.count]
  }

  /// Marks a position, and those that can be reached from it without a character.
  private func enter(_ index: Int, _ positions: inout [Bool]) {
    var index = index
    while !positions[index] {
      positions[index] = true
      guard index < tokens.count else { return }
      switch tokens[index] {
      case .run, .deepRun: index += 1
      case .folders: index += 2
      default: return
      }
    }
  }
}
