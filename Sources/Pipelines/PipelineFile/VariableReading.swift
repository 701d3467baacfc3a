import Model

/// Reads `env` and `secrets`.
package enum VariableReading {
  private static let longestValue = 32 << 10

  static let namePattern = "^[A-Za-z_][A-Za-z0-9_]{0,127}$"
  static let kind = Kind.mapping(to: .anyText, words: "mapping of names to texts", names: namePattern, atMost: 200)

  /// What is wrong with the name of a variable; `nil` where nothing is.
  package static func complaint(aboutName name: String) -> String? {
    if !VariableName.isValid(name) { return VariableName.complaint(about: name) }
    // Case does not matter to people who read a listing.
    if name.uppercased().hasPrefix("PUSHROD_") || name.uppercased() == "PUSHROD" {
      return "`\(name)` cannot be set: names that begin with PUSHROD_ are Pushrod's own"
    }
    return nil
  }

  /// Numbers and truth values stand for their own text.
  static func variables(_ value: Value) -> [String: String] {
    var variables: [String: String] = [:]
    for entry in value.named(atMost: 200, expected: "a mapping of names to texts") ?? [] {
      if let complaint = complaint(aboutName: entry.name) {
        entry.report(complaint)
        continue
      }
      guard !entry.value.isNull else {
        entry.report("variable `\(entry.name)` has no value", suggestion: "write \"\" for an empty one")
        continue
      }
      guard let text = entry.value.string() else { continue }
      guard text.utf8.count <= longestValue else {
        entry.value.report("the value of `\(entry.name)` is longer than \(longestValue) bytes")
        continue
      }
      variables[entry.name] = text
    }
    return variables
  }

  /// - Parameter configured: names of the secrets that exist; `nil` where that is not known.
  static func secrets(_ value: Value, variables: [String: String], configured: Set<String>?) -> [String] {
    var names: [String] = []
    var seen: Set<String> = []
    for item in value.oneOrMany(atMost: 100) ?? [] {
      guard let name = item.string("the name of a secret") else { continue }
      if let complaint = complaint(aboutName: name) {
        item.report(complaint)
      } else if !seen.insert(name).inserted {
        item.report("secret `\(name)` is named twice", suggestion: "remove one of them")
      } else if variables[name] != nil {
        item.report(
          "`\(name)` is in `env` and in `secrets`; it can have one value only", suggestion: "remove one of them")
      } else if let configured, !configured.contains(name) {
        item.report(
          "secret `\(name)` is not configured",
          suggestion: Suggestion.didYouMean(name, configured.sorted())
            ?? "store it with `pushrod secret set \(name)`, or name it in `secrets` of the agent's configuration")
      } else {
        names.append(name)
      }
    }
    return names
  }
}
