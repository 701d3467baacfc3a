import FoundationEssentials
import Model
import Pipelines

extension FuzzTarget {
  /// A pipeline file.
  static let pipelines = FuzzTarget("pipeline") { bytes in
    let pipeline: Pipeline
    do throws(Diagnostics) {
      pipeline = try PipelineFile.parse(bytes, file: "fuzz.yml")
    } catch {
      require(!error.all.isEmpty, "refused without a reason")
      for diagnostic in error.all {
        for line in diagnostic.rendered.split(separator: "\n") {
          requireOneLine(String(line), atMost: 4096, "a mistake")
        }
      }
      return
    }
    // It goes to the runner as JSON.
    guard let json = try? JSON.encoder().encode(pipeline),
      let again = try? JSON.decoder().decode(Pipeline.self, from: json)
    else { return require(false, "a valid pipeline has no JSON") }
    require(again == pipeline, "a pipeline changes on its way through JSON")
    require(!pipeline.steps.isEmpty, "no steps")
    for step in pipeline.steps + pipeline.finally {
      guard let directory = step.directory else { continue }
      let parts = Array(directory.utf8).split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
      require(!parts.contains { $0.isEmpty || $0.elementsEqual("..".utf8) }, "a way out of the workspace")
    }
  }
}
