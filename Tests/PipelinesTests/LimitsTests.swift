import Model
import Testing

@testable import Pipelines

@Suite("What steps may use")
struct LimitsTests {
  private func pipeline(_ text: String) throws -> Pipeline {
    let frame = "repo: https://github.com/acme/shop.git\non: push\n"
    return try PipelineFile.parse(Array((frame + text).utf8), file: "shop.yml")
  }

  @Test("a step's user stands in place of the pipeline's, and a terminal is asked for by the step")
  func user() throws {
    let read = try pipeline("user: deploy\nsteps: [a, {run: b, user: root}, {run: c, tty: true}]")
    #expect(read.steps.map(read.user) == ["deploy", "root", "deploy"])
    #expect(read.steps.map(\.hasTerminal) == [nil, nil, true])
    #expect(throws: Diagnostics.self) { try pipeline("user: -x\nsteps: [a]") }
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
    let all = try self.pipeline("limits: {memory: 2G, cpu: 150%, processes: 512, io: 50}\nsteps: [make]")
    #expect(all.limits == StepLimits(memory: 2 << 30, cpu: 1.5, processes: 512, io: 50))
    let plain = try self.pipeline("steps: [make]")
    #expect(plain.limits == nil)
    #expect(plain.limits(of: plain.steps[0]) == StepLimits())
  }
}
