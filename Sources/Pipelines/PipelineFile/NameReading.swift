import Model

/// Reads what a pipeline is called and what it is about.
enum NameReading {
  static let rule = "letters, digits, `.`, `_` and `-`, at most 64, beginning with a letter or digit"

  static func name(_ value: Value) -> String? {
    guard let name = value.string() else { return nil }
    guard isName(name) else {
      value.report("the name must be \(rule)")
      return nil
    }
    return name
  }

  /// `nil` where the file's name will not do.
  static func name(ofFile file: String) -> String? {
    let base = file.split(separator: "/").last.map(String.init) ?? file
    let name = base.hasSuffix(".yml") ? base.dropLast(4) : base.hasSuffix(".yaml") ? base.dropLast(5) : Substring(base)
    return isName(String(name)) ? String(name) : nil
  }

  /// What is missing altogether.
  static func checkPresence(_ fields: Fields, name: String?) {
    if name == nil, !fields.contains("name") {
      fields.value.report(
        "the pipeline has no `name`, and its file's name will not do: a name is \(rule)", suggestion: "add `name: …`")
    }
    if fields.contains("steps"), !["name", "repo", "on"].contains(where: fields.contains) {
      return fields.value.report(
        "`repo` and `on` are missing: a pipeline says which repository, and what starts it",
        suggestion: "add both; a file of a repository is checked with --repository, one for `include` with the pipeline"
      )
    }
    if !fields.contains("repo") {
      fields.value.report(
        "`repo` is missing: the address of the repository",
        suggestion: "add `repo: https://github.com/acme/shop.git`, with your own address")
    }
    if !fields.contains("on") {
      fields.value.report(
        "`on` is missing: nothing would start this pipeline", suggestion: TriggerReading.example)
    }
  }

  /// `Pipeline.name`: it names folders.
  static func isName(_ text: String) -> Bool {
    guard (1...64).contains(text.utf8.count), let first = text.unicodeScalars.first,
      first.isASCII, first.properties.isAlphabetic || first.properties.numericType != nil
    else { return false }
    return text.unicodeScalars.allSatisfy {
      $0.isASCII
        && ($0.properties.isAlphabetic || $0.properties.numericType != nil || "._-".unicodeScalars.contains($0))
    }
  }

  /// As useradd(8) makes them, with capital letters for those that others have made.
  static func user(_ value: Value) -> String? {
    guard let text = value.string("the name of a user") else { return nil }
    let first = text.unicodeScalars.first
    guard (1...32).contains(text.utf8.count), let first,
      first == "_" || (first.isASCII && first.properties.isAlphabetic),
      isName(text.replacing("_", with: "a"))
    else {
      value.report(
        "\(value.subject) must be the name of a user: letters, digits, `.`, `_` and `-`, at most 32, beginning with a letter or `_`"
      )
      return nil
    }
    return text
  }

  static func repository(_ value: Value) -> RepositoryURL? {
    guard let text = value.string("the address of a repository") else { return nil }
    do {
      return try RepositoryURL(text)
    } catch {
      let holdsPassword = RepositoryURL.mayHoldPassword(text)
      if holdsPassword { value.hide() }
      value.report(
        holdsPassword
          ? "`repo` has a password in it, which would show in listings; put it under `repositories:` instead"
          : "`repo`: \(String(describing: error).shown(limit: 400))")
      return nil
    }
  }

  static func ref(_ value: Value) -> RefName? {
    guard let text = value.string("the name of a branch, or tags/ and that of a tag") else { return nil }
    guard let ref = RefName(userTyped: text) else {
      value.report(
        "`ref`: `\(text.shown(limit: 60))` cannot be the name of a branch or a tag",
        suggestion: "write one name, such as main or tags/stable; it takes no patterns")
      return nil
    }
    return ref
  }
}
