import Model
import Testing

@Suite("A pipeline")
struct PipelineTests {
  private func pipeline(file: String?, _ steps: [Step] = []) throws -> Pipeline {
    Pipeline(
      name: "shop", repository: try RepositoryURL("https://github.com/acme/shop.git"), triggers: Triggers(),
      steps: steps,
      file: file, user: "deploy", limits: StepLimits(memory: 1 << 30), sandbox: Sandbox())
  }

  @Test("whose steps stand in the repository says for all of them what it says for all, also before they are known")
  func unknownSteps() throws {
    let unknown = try pipeline(file: ".pushrod.yml")
    #expect(unknown.everyStep.map(unknown.limits) == [StepLimits(memory: 1 << 30)])
    #expect(unknown.everyStep.map(unknown.sandbox) == [Sandbox()])
    #expect(unknown.everyStep.map(unknown.user) == ["deploy"])

    let steps = [Step(name: "test", run: "make test"), Step(name: "live", run: "make live")]
    let known = unknown.with(PipelineSteps(steps: steps, finally: [Step(name: "over", run: "true")]))
    #expect(known.everyStep.map(\.name) == ["test", "live", "over"])
    #expect(try pipeline(file: nil).everyStep == [])
  }
}
