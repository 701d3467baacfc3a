import Model
import Testing

@testable import Pipelines

/// The pipeline that `text` describes.
func pipeline(_ text: String, file: String = "shop.yml") throws -> Pipeline {
  try PipelineFile.parse(Array(text.utf8), file: file)
}

/// A whole pipeline with `lines` put in, which must then be valid.
func minimal(_ lines: String = "", on: String = "push", steps: String = "[make deploy]") throws -> Pipeline {
  try pipeline("repo: https://github.com/acme/shop.git\non: \(on)\nsteps: \(steps)\n\(lines)\n")
}

/// `minimal` is refused; every mistake as `line:column message | suggestion`.
func mistakes(
  _ lines: String = "", on: String = "push", steps: String = "[make deploy]",
  sourceLocation: SourceLocation = #_sourceLocation
) -> [String] {
  mistakes(
    ofWhole: "repo: https://github.com/acme/shop.git\non: \(on)\nsteps: \(steps)\n\(lines)\n",
    sourceLocation: sourceLocation)
}

func mistakes(ofWhole text: String, sourceLocation: SourceLocation = #_sourceLocation) -> [String] {
  do {
    let pipeline = try pipeline(text)
    Issue.record("was read as \(pipeline)", sourceLocation: sourceLocation)
    return []
  } catch let diagnostics as Diagnostics {
    return diagnostics.all.map { "\($0.line):\($0.column) \($0.message)" + ($0.suggestion.map { " | \($0)" } ?? "") }
  } catch {
    Issue.record("threw \(error)", sourceLocation: sourceLocation)
    return []
  }
}
