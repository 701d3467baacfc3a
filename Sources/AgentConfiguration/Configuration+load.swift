import Model
public import Pipelines

extension Configuration {
  /// Reads a configuration and everything that it refers to except the pipelines.
  ///
  /// - Parameters:
  ///   - file: its path; relative paths inside start at its folder.
  ///   - overrides: from flags.
  ///   - environment: of the process: `PUSHROD_…` overrides, secrets by `env`, `CREDENTIALS_DIRECTORY`.
  ///   - secrets: what becomes of those that this process cannot get.
  /// - Throws: every mistake, with its place.
  public static func load(
    file: String, overrides: Overrides = Overrides(), environment: [String: String], secrets: SecretUse = .required
  ) throws(Diagnostics) -> Configuration {
    let limit = Document.Limits().bytes
    let bytes: [UInt8]
    switch FileReading.bytes(of: file, atMost: limit) {
    case .success(let content): bytes = content
    case .failure(.missing):
      throw Diagnostics(
        file: file, "the configuration does not exist", suggestion: "write one with `pushrod init`")
    case .failure(let failure):
      throw Diagnostics(file: file, "the configuration \(failure.words)")
    }
    return try read(bytes, file: file, overrides: overrides, environment: environment, secrets: secrets)
  }

  /// The same for a text that is in memory already.
  static func read(
    _ bytes: [UInt8], file: String, overrides: Overrides, environment: [String: String],
    secrets: SecretUse = .required
  ) throws(Diagnostics) -> Configuration {
    let document: Document
    do {
      document = try Document.parse(bytes, file: file)
    } catch {
      // Before the file can be read nobody knows which lines are secrets.
      let text = String(decoding: bytes, as: UTF8.self)
      throw text.contains("allow_literal_secrets") ? error.withoutExcerpts : error
    }
    let findings = Findings(document)
    var reading = ConfigurationReading(
      file: file, overrides: overrides, environment: environment, secretUse: secrets)
    let configuration = reading.configuration(findings.root)
    let mistakes = findings.all + reading.overrideMistakes
    guard let configuration, mistakes.isEmpty else { throw Diagnostics(mistakes) }
    return configuration
  }
}

extension Diagnostics {
  fileprivate var withoutExcerpts: Diagnostics {
    Diagnostics(
      all.map { diagnostic in
        var diagnostic = diagnostic
        diagnostic.excerpt = nil
        return diagnostic
      })
  }
}
