public import Model

/// Reads pipeline files.
public enum PipelineFile {
  static let longestTimeout: Seconds = 604_800  // 7 days
  static let defaultTimeout: Seconds = 3_600

  /// The pipeline that `bytes` describe.
  ///
  /// - Parameters:
  ///   - file: the file's path, for errors and for the default name.
  ///   - configured: names of the secrets that exist; `nil` where that is not known.
  ///   - sources: names of the sources that exist; `nil` where that is not known.
  /// - Throws: every mistake of the file, in its order.
  public static func parse(
    _ bytes: [UInt8], file: String, secrets configured: Set<String>? = nil, sources: Set<String>? = nil
  ) throws(Diagnostics) -> Pipeline {
    let findings = Findings(try Document.parse(bytes, file: file))
    let pipeline = pipeline(findings.root, file: file, secrets: configured, sources: sources)
    try findings.check()
    guard let pipeline else { throw Diagnostics(file: file, "the file is not a pipeline") }
    return pipeline
  }

  private static func pipeline(
    _ root: Value, file: String, secrets configured: Set<String>?, sources: Set<String>?
  ) -> Pipeline? {
    guard
      let fields = root.fields(
        PipelineKeys.pipeline, later: PipelineKeys.laterPipeline, expected: "a mapping with `repo`, `on` and `steps`")
    else { return nil }
    let name = name(fields, file: file)
    let repository = repository(fields)
    let ref = fields["ref"].flatMap(ref)
    let triggers = TriggerReading.triggers(fields, sources: sources)
    let variables = fields["env"].map(VariableReading.variables) ?? [:]
    let secrets =
      fields["secrets"].map { VariableReading.secrets($0, variables: variables, configured: configured) } ?? []
    let timeout = fields["timeout"]?.duration(atMost: longestTimeout)
    let grace = fields["grace"]?.duration(atMost: 600)
    let concurrency = fields["concurrency"].flatMap { ConcurrencyReading.concurrency($0, of: name) }
    let onInterrupt = fields["on_interrupt"].flatMap(interruptPolicy)
    let keep = fields["keep"].flatMap(KeepReading.keep)
    var reading = StepReading(secrets: secrets)
    let (steps, finally) = reading.read(fields)
    guard let name, let repository, let triggers else { return nil }
    return Pipeline(
      name: name, repository: repository, triggers: triggers, ref: ref, environment: variables, secrets: secrets,
      timeout: timeout ?? defaultTimeout, grace: grace ?? 10, concurrency: concurrency, onInterrupt: onInterrupt,
      keep: keep, steps: steps, finally: finally)
  }

  static let nameRule =
    "letters, digits, `.`, `_` and `-`, at most 64, beginning with a letter or digit"

  private static func name(_ fields: Fields, file: String) -> String? {
    if let value = fields["name"] {
      guard let name = value.string() else { return nil }
      guard isName(name) else {
        value.report("the name must be \(nameRule)")
        return nil
      }
      return name
    }
    let base = file.split(separator: "/").last.map(String.init) ?? file
    let name = base.hasSuffix(".yml") ? base.dropLast(4) : base.hasSuffix(".yaml") ? base.dropLast(5) : Substring(base)
    guard isName(String(name)) else {
      fields.value.report(
        "the pipeline has no `name`, and its file's name will not do: a name is \(nameRule)",
        suggestion: "add `name: …`")
      return nil
    }
    return String(name)
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

  private static func repository(_ fields: Fields) -> RepositoryURL? {
    guard let value = fields["repo"] else {
      fields.value.report(
        "`repo` is missing: the address of the repository",
        suggestion: "add `repo: https://github.com/acme/shop.git`, with your own address")
      return nil
    }
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

  private static func ref(_ value: Value) -> RefName? {
    guard let text = value.string("the name of a branch, or tags/ and that of a tag") else { return nil }
    guard let ref = RefName(userTyped: text) else {
      value.report(
        "`ref`: `\(text.shown(limit: 60))` cannot be the name of a branch or a tag",
        suggestion: "write one name, such as main or tags/stable; it takes no patterns")
      return nil
    }
    return ref
  }

  private static func interruptPolicy(_ value: Value) -> InterruptPolicy? {
    let words = InterruptPolicy.allCases.map(\.rawValue)
    guard let text = value.string(words.joined(separator: " or ")) else { return nil }
    guard let policy = InterruptPolicy(rawValue: text) else {
      value.report(
        "`on_interrupt` must be \(words.joined(separator: " or ")), not `\(text.shown(limit: 60))`",
        suggestion: Suggestion.didYouMean(text, words))
      return nil
    }
    return policy
  }
}
