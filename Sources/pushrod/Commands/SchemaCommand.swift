import ArgumentParser
import Foundation
import Model
import Pipelines

/// `pushrod schema`: what editors need to complete and check pipeline files.
struct SchemaCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema", abstract: "Print the JSON Schema of pipeline files, for editors.",
    discussion: """
      Editors with a YAML language server read it where the file's first line says so: \
      "# yaml-language-server: $schema=" and the schema's path or address. `pushrod check` says more than any schema can.
      """)

  @Flag(help: "Print the tables of the manual instead (Markdown).")
  var markdown = false

  func run() throws {
    if markdown {
      let tables = PipelineLanguage.manual.map { path, table in "## \(path.isEmpty ? "pipeline" : path)\n\n\(table)\n" }
      return Output.standard.print(tables.joined(separator: "\n"))
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    Output.standard.print(String(decoding: try encoder.encode(PipelineLanguage.schema), as: UTF8.self))
  }
}
