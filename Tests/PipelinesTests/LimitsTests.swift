import Model
import Testing

@testable import Pipelines

@Suite("What steps may use")
struct LimitsTests {
  private func pipeline(_ text: String) throws -> Pipeline {
    let frame = "repo: https://github.com/acme/shop.git\non: push\n"
    return try PipelineFile.parse(Array((frame + text).utf8), file: "shop.yml")
  }

  @Test("each key that a step says counts there, the pipeline's counts for the others")
  func merged() throws {
    let pipeline = try pipeline(
      """
      limits: {log: 200M, log_end: fail}
      steps: [make, {run: a, limits: {log: 1G}}, {run: b, limits: {log_end: cut}}]
      """)
    #expect(pipeline.limits == StepLimits(log: 200 << 20, logEnd: .fail))
    #expect(
      pipeline.steps.map(pipeline.limits) == [
        StepLimits(log: 200 << 20, logEnd: .fail), StepLimits(log: 1 << 30, logEnd: .fail),
        StepLimits(log: 200 << 20, logEnd: .cut),
      ])
    let plain = try self.pipeline("steps: [make]")
    #expect(plain.limits == nil)
    #expect(plain.limits(of: plain.steps[0]) == StepLimits())
  }
}
