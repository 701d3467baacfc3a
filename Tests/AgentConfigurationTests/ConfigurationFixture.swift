import FoundationEssentials
import Model
import TestSupport
import Testing

@testable import AgentConfiguration
@testable import Pipelines

/// A folder with a configuration in it.
struct ConfigurationFixture {
  let folder: TemporaryDirectory

  init() throws {
    folder = try TemporaryDirectory("configuration")
    try folder.write("github.secret", "s3cret-value\n", mode: 0o600)
  }

  func load(
    _ text: String, overrides: Overrides = Overrides(), environment: [String: String] = [:]
  ) throws -> Configuration {
    let file = try folder.write("pushrod.yml", text)
    return try Configuration.load(file: file, overrides: overrides, environment: environment)
  }

  /// `text` is refused; every mistake as `line:column message | suggestion`, with the folder's path as `DIR`.
  func mistakes(
    _ text: String, overrides: Overrides = Overrides(), environment: [String: String] = [:],
    sourceLocation: SourceLocation = #_sourceLocation
  ) -> [String] {
    diagnostics(text, overrides: overrides, environment: environment, sourceLocation: sourceLocation).map {
      ("\($0.line):\($0.column) \($0.message)" + ($0.suggestion.map { " | \($0)" } ?? ""))
        .replacing(folder.path, with: "DIR")
    }
  }

  func diagnostics(
    _ text: String, overrides: Overrides = Overrides(), environment: [String: String] = [:],
    sourceLocation: SourceLocation = #_sourceLocation
  ) -> [Diagnostic] {
    do {
      _ = try load(text, overrides: overrides, environment: environment)
      Issue.record("was accepted", sourceLocation: sourceLocation)
      return []
    } catch let found as Diagnostics {
      return found.all
    } catch {
      Issue.record("threw \(error)", sourceLocation: sourceLocation)
      return []
    }
  }
}

extension String {
  /// Every occurrence of `text` replaced.
  func replacing(_ text: String, with other: String) -> String {
    split(separator: text, omittingEmptySubsequences: false).joined(separator: other)
  }
}
