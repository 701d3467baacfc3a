import Yams

/// Composes a text although keys are written twice in it.
///
/// Yams gives up at the first mapping with equal keys and tells one place only. Here the first of the two is made
/// unique in a copy of the text, one character for another so that no place moves, and the text is composed again;
/// `NodeConversion` then finds both and everything else that is wrong with the file.
struct KeyDeduplicator {
  struct Composition {
    var root: Node?
    var parser: Parser
    /// What stood where a character was exchanged, by the place of the key.
    var replacedKeys: [Document.Position: String]
  }

  /// Each attempt composes the whole text again, so large files get fewer.
  private static let attempts = 8
  private static let work = 512 << 10

  private var text: String
  private var replaced: [Document.Position: String] = [:]

  init(_ text: String) { self.text = text }

  /// - Throws: `YamlError`.
  mutating func compose() throws -> Composition {
    while true {
      // No rules: whether a scalar is a number or a truth value is decided by who asks for one.
      let parser = try Parser(yaml: text, resolver: .basic, encoding: .utf8)
      do {
        return Composition(root: try parser.singleRoot(), parser: parser, replacedKeys: replaced)
      } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
        let place = Document.Position(line: context.mark.line, column: context.mark.column)
        guard replaced.count < KeyDeduplicator.attempts,
          replaced.count * text.utf8.count < KeyDeduplicator.work, replaced[place] == nil, let key = keys.first,
          exchangeCharacter(at: place)
        else { throw YamlError.duplicatedKeysInMapping(duplicates: keys, context: context) }
        replaced[place] = key
      }
    }
  }

  /// Puts a private-use character where the key's first letter is.
  private mutating func exchangeCharacter(at place: Document.Position) -> Bool {
    guard let stand = Unicode.Scalar(UInt32(0xe000 + replaced.count)), var index = scalarIndex(of: place) else {
      return false
    }
    let scalars = text.unicodeScalars
    if scalars[index] == "\"" || scalars[index] == "'" {
      index = scalars.index(after: index)
      guard index < scalars.endIndex, scalars[index] != "\"", scalars[index] != "'", scalars[index] != "\\" else {
        return false
      }
    } else if !isPlainLetter(scalars[index]) {
      return false
    }
    var changed = scalars
    changed.replaceSubrange(index...index, with: CollectionOfOne(stand))
    text = String(changed)
    return true
  }

  /// What can be exchanged without changing how YAML reads the rest of the word.
  private func isPlainLetter(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value > 0x7f || scalar.properties.isAlphabetic || "0123456789_./$+".unicodeScalars.contains(scalar)
  }

  private func scalarIndex(of place: Document.Position) -> String.UnicodeScalarView.Index? {
    let scalars = text.unicodeScalars
    var line = 1
    var index = scalars.startIndex
    while line < place.line {
      guard let end = scalars[index...].firstIndex(of: "\n") else { return nil }
      index = scalars.index(after: end)
      line += 1
    }
    guard let found = scalars.index(index, offsetBy: place.column - 1, limitedBy: scalars.endIndex) else { return nil }
    return found < scalars.endIndex ? found : nil
  }
}
