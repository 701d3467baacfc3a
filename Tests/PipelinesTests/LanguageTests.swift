import Foundation
import Model
import TestSupport
import Testing

@testable import Pipelines

/// The one definition of the language: what is read, what the schema says and what the manual says are the same.
@Suite struct LanguageTests {
  private static let checkout = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

  static let includes = Includes { path in
    path == "common/node.yml" ? .success(Array("steps: [npm ci]\n".utf8)) : .failure(IncludeFailure("does not exist"))
  }

  @Test("the example of every key is a valid pipeline", arguments: PipelineLanguage.examples.map(\.pipeline))
  func example(text: String) throws {
    #expect(throws: Never.self, "\(text)") {
      _ = try PipelineFile.parse(Array(text.utf8), file: "shop.yml", includes: Self.includes)
    }
  }

  @Test("every key stands in its example", arguments: PipelineLanguage.examples)
  func examples(key: String, pipeline: String) {
    let name = key.split(separator: ".").last.map(String.init) ?? key
    #expect(pipeline.contains("\(name):"), "\(pipeline)")
  }

  @Test("the manual has the tables of the definition, word by word", arguments: PipelineLanguage.manual.map(\.path))
  func manual(path: String) throws {
    let manual = try String(contentsOfFile: "\(Self.checkout)/docs/pipelines.md", encoding: .utf8)
    let table = try #require(PipelineLanguage.manual.first { $0.path == path }).table
    #expect(manual.contains(table + "\n"), "docs/pipelines.md lacks this table, or has another:\n\(table)")
  }

  @Test("the published schemas are the definition's")
  func publishedSchema() throws {
    for (file, schema) in [
      (PipelineLanguage.schemaFile, PipelineLanguage.schema),
      (PipelineLanguage.repositorySchemaFile, PipelineLanguage.repositorySchema),
    ] {
      let path = URL(fileURLWithPath: "\(Self.checkout)/\(file)")
      let published = try JSONDecoder().decode(JSONValue.self, from: Data(contentsOf: path))
      #expect(published == schema, "\(file) is out of date: scripts/reference writes it anew")
    }
  }
}
