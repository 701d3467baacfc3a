import FoundationEssentials
import Glibc
public import Model

/// The steps of a pipeline that stand in the repository: known once its commit is.
extension RunDirectory {
  public var pipelinePath: String { path + "/pipeline.json" }
  /// The repository's file, as it was read.
  public var pipelineFilePath: String { path + "/pipeline.yml" }

  /// The steps that the runner has read; `nil` where it has not, or need not.
  /// - Throws: `RunDirectoryError`, also where the file holds something else.
  public func pipelineSteps() throws(RunDirectoryError) -> PipelineSteps? {
    guard let file = try OpenFile.existing(pipelinePath) else { return nil }
    return try decode(PipelineSteps.self, from: try file.readAll(limit: RunDirectory.specLimit), path: pipelinePath)
  }

  /// Brought to disk when it returns.
  public func record(_ steps: PipelineSteps) throws(RunDirectoryError) {
    guard let bytes = try? JSON.encoder(pretty: true).encode(steps) else {
      throw .corrupt(path: pipelinePath, detail: "the steps cannot be written as JSON")
    }
    try put(Array(bytes), at: pipelinePath, try Permissions(inheritedFrom: path), durable: true)
  }

  /// Keeps the repository's file beside them.
  public func record(pipelineFile bytes: [UInt8]) throws(RunDirectoryError) {
    try put(bytes, at: pipelineFilePath, try Permissions(inheritedFrom: path), durable: false)
  }
}
