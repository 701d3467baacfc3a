/// The steps of a pipeline whose `file` stands in the repository, as one commit has them.
public struct PipelineSteps: Codable, Hashable, Sendable {
  public var steps: [Step]
  public var onFailure: [Step]?
  public var finally: [Step]

  public init(steps: [Step], onFailure: [Step]? = nil, finally: [Step] = []) {
    self.steps = steps
    self.onFailure = onFailure
    self.finally = finally
  }
}

/// What came of reading a file of the repository: what `pushrod pipeline-steps` tells the runner.
public struct PipelineReading: Codable, Hashable, Sendable {
  /// One mistake of the file.
  public struct Mistake: Codable, Hashable, Sendable {
    /// On one line, with its place.
    public var line: String
    /// With the line of the file that it is about, and a caret.
    public var text: String

    public init(line: String, text: String) {
      self.line = line
      self.text = text
    }
  }

  /// `nil` where there are mistakes.
  public var steps: PipelineSteps?
  /// In the order of the file; empty where there are steps.
  public var mistakes: [Mistake]

  public init(steps: PipelineSteps) {
    self.steps = steps
    mistakes = []
  }

  public init(mistakes: [Mistake]) { self.mistakes = mistakes }
}

extension Pipeline {
  /// The largest file of a repository that is read, in bytes.
  public static let longestFile = 256 << 10

  /// The same pipeline with the steps that a commit has for it.
  public func with(_ read: PipelineSteps) -> Pipeline {
    var pipeline = self
    (pipeline.steps, pipeline.onFailure, pipeline.finally) = (read.steps, read.onFailure, read.finally)
    return pipeline
  }
}
