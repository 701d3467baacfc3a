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

  @Flag(help: "Print the schema of the files that `file` names, which stand in repositories.")
  var repository = false

  func validate() throws {
    if markdown && repository { throw ValidationError("--repository does not go with --markdown") }
  }

  func run() throws {
    if markdown {
      let tables = PipelineLanguage.manual.map { path, table in "## \(path.isEmpty ? "pipeline" : path)\n\n\(table)\n" }
      return Output.standard.print(tables.joined(separator: "\n"))
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let schema = repository ? PipelineLanguage.repositorySchema : PipelineLanguage.schema
    Output.standard.print(String(decoding: try encoder.encode(schema), as: UTF8.self))
  }
}
