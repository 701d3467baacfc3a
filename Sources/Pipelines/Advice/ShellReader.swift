import Model

/// Reads a shell script into its commands.
struct ShellReader {
  private let scalars: [Unicode.Scalar]
  private var index = 0
  private var place = ShellPlace(line: 0, column: 0)
  /// Ends of the here-documents whose text begins in the next line.
  private var documents: [(end: String, isIndented: Bool)] = []
  private var depth = 0
  private(set) var functions: Set<String> = []
  /// The commands of substitutions, whose output goes into words.
  private(set) var substituted: [ShellCommand] = []

  /// Substitutions that are nested deeper are not looked into.
  private static let deepest = 20
  private static let reserved: Set<String> = [
    "if", "then", "else", "elif", "fi", "do", "done", "while", "until", "esac", "!", "{", "}", "time",
  ]

  init(_ text: String) { scalars = Array(text.unicodeScalars) }

  private var current: Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }
  private func next(_ distance: Int = 1) -> Unicode.Scalar? {
    index + distance < scalars.count ? scalars[index + distance] : nil
  }

  private mutating func advance(_ count: Int = 1) {
    for _ in 0..<count where index < scalars.count {
      if scalars[index] == "\n" {
        place = ShellPlace(line: place.line + 1, column: 0)
      } else {
        place.column += 1
      }
      index += 1
    }
  }

  /// All commands up to `end`, which is read too.
  mutating func commands(until end: Unicode.Scalar? = nil) -> [ShellCommand] {
    var found: [ShellCommand] = []
    var command = ShellCommand()
    func isAssignment(_ text: String) -> Bool {
      guard let sign = text.firstIndex(of: "=") else { return false }
      let name = text[..<sign]
      return VariableName.isValid(String(name.last == "+" ? name.dropLast() : name))
    }
    func finish(piped: Bool = false) {
      if command.words.isEmpty {
        if piped, !found.isEmpty { found[found.count - 1].isPipedOn = true }
      } else {
        command.isPipedOn = piped
        found.append(command)
      }
      command = ShellCommand()
    }
    while let scalar = current {
      switch scalar {
      case _ where scalar == end:
        advance()
        finish()
        return found
      case " ", "\t", "\r":
        advance()
      case "\\" where next() == "\n":
        advance(2)
      case "#":
        while let scalar = current, scalar != "\n" { advance() }
      case "\n":
        advance()
        finish()
        skipDocuments()
      case ";":
        advance()
        finish()
      case "&":
        advance(next() == "&" ? 2 : 1)
        finish()
      case "|":
        let isOr = next() == "|"
        advance(isOr || next() == "&" ? 2 : 1)
        finish(piped: !isOr)
      case "(":
        advance()
        if command.words.count == 1, current == ")" {
          functions.insert(command.words[0].text)
          advance()
          command = ShellCommand()
        } else {
          finish()
          found += nested(until: ")")
        }
      case ")":
        // The pattern of a `case`.
        advance()
        command = ShellCommand()
      case "<" where next() == "(", ">" where next() == "(":
        command.words.append(word())
      case "<", ">":
        redirection(&command)
      default:
        let before = index
        let word = word()
        guard index > before else {
          advance()
          continue
        }
        if current == "<" || current == ">", !word.text.isEmpty, word.text.allSatisfy(\.isNumber) {
          // The number of a descriptor.
          redirection(&command, descriptor: word.text)
        } else if command.words.isEmpty, ShellReader.reserved.contains(word.text) || isAssignment(word.text) {
          continue
        } else {
          command.words.append(word)
        }
      }
    }
    finish()
    return found
  }

  private mutating func nested(until end: Unicode.Scalar) -> [ShellCommand] {
    guard depth < ShellReader.deepest else {
      advance(scalars.count - index)
      return []
    }
    depth += 1
    defer { depth -= 1 }
    return commands(until: end)
  }

  private mutating func redirection(_ command: inout ShellCommand, descriptor: String = "") {
    var sign = ""
    while let scalar = current, "<>&|".unicodeScalars.contains(scalar), sign.count < 3 {
      sign.unicodeScalars.append(scalar)
      advance()
      // `>(`, and `<<` with its `-`, end here.
      if current == "(" { return }
    }
    let isIndented = sign == "<<" && current == "-"
    if isIndented { advance() }
    while current == " " || current == "\t" { advance() }
    let target = word()
    if sign == "<<" {
      documents.append((target.text, isIndented))
    } else if sign.hasPrefix(">"), !sign.contains("&"), descriptor.isEmpty || descriptor == "1",
      !["/dev/stderr", "/dev/stdout", "/dev/tty"].contains(target.text)
    {
      command.isCaptured = true
    }
  }

  /// What stands in a here-document goes to a command's input, where nobody else reads it.
  private mutating func skipDocuments() {
    for document in documents {
      while current != nil {
        var line = ""
        while let scalar = current, scalar != "\n" {
          line.unicodeScalars.append(scalar)
          advance()
        }
        advance()
        if document.isIndented { line = String(line.drop { $0 == "\t" }) }
        if line == document.end { break }
      }
    }
    documents = []
  }

  private mutating func word() -> ShellWord {
    var word = ShellWord(place: place)
    let first = index
    while let scalar = current {
      switch scalar {
      case " ", "\t", "\r", "\n", ";", "&", "|", "(", ")":
        word.length = covered(first)
        return word
      case "<", ">":
        guard index == first, next() == "(" else {
          word.length = covered(first)
          return word
        }
        advance(2)
        substitution(until: ")", &word)
      case "'":
        advance()
        while let scalar = current, scalar != "'" { append(scalar, to: &word) }
        advance()
      case "\"":
        advance()
        while let scalar = current, scalar != "\"" { quoted(scalar, &word) }
        advance()
      case "`" where depth > 0:
        // The end of the substitution that this word stands in, as good as always.
        word.length = covered(first)
        return word
      default:
        quoted(scalar, &word)
      }
    }
    word.length = covered(first)
    return word
  }

  private func covered(_ first: Int) -> Int {
    scalars[first..<index].prefix { $0 != "\n" }.count
  }

  private mutating func append(_ scalar: Unicode.Scalar, to word: inout ShellWord) {
    word.text.unicodeScalars.append(scalar)
    advance()
  }

  /// What means something in double quotes, too.
  private mutating func quoted(_ scalar: Unicode.Scalar, _ word: inout ShellWord) {
    switch scalar {
    case "\\":
      advance()
      guard let escaped = current else { return }
      if escaped == "\n" { advance() } else { append(escaped, to: &word) }
    case "`":
      advance()
      substitution(until: "`", &word)
    case "$":
      expansion(&word)
    default:
      append(scalar, to: &word)
    }
  }

  private mutating func substitution(until end: Unicode.Scalar, _ word: inout ShellWord) {
    var inner = nested(until: end)
    for index in inner.indices { inner[index].isCaptured = true }
    word.programs += inner.compactMap(\.program)
    substituted += inner
    word.text += "$()"
  }

  private mutating func expansion(_ word: inout ShellWord) {
    let start = place
    let first = index
    advance()
    if current == "(" {
      if next() == "(" {
        arithmetic()
        word.text += "$()"
      } else {
        advance()
        substitution(until: ")", &word)
      }
      return
    }
    let isBraced = current == "{"
    if isBraced { advance() }
    var name = ""
    while let scalar = current, scalar.isASCII,
      scalar.properties.isAlphabetic || scalar == "_" || ("0"..."9").contains(scalar)
    {
      name.unicodeScalars.append(scalar)
      advance()
    }
    if isBraced {
      var open = 1
      while let scalar = current, scalar != "\n", open > 0 {
        if scalar == "{" { open += 1 }
        if scalar == "}" { open -= 1 }
        advance()
      }
    }
    word.text += "$" + name
    // `${#NAME}` has no name here: a length tells little.
    if !name.isEmpty {
      word.variables.append(ShellWord.Variable(name: name, place: start, length: index - first))
    }
  }

  private mutating func arithmetic() {
    var open = 0
    while let scalar = current, scalar != "\n" {
      if scalar == "(" { open += 1 }
      if scalar == ")" { open -= 1 }
      advance()
      if open == 0 { return }
    }
  }
}
