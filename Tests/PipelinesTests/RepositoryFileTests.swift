import Model
import Testing

@testable import Pipelines

/// The file of a repository that a pipeline's `file` names.
@Suite struct RepositoryFileTests {
  private func steps(_ text: String, secrets: [String] = []) throws -> PipelineSteps {
    try RepositoryFile.parse(Array(text.utf8), file: ".pushrod.yml", secrets: secrets)
  }

  private func mistakes(_ text: String, secrets: [String] = []) -> [String] {
    let found = #expect(throws: Diagnostics.self, "\(text)") { try steps(text, secrets: secrets) }
    return found?.all.map(\.oneLine) ?? []
  }

  @Test("its steps are read as those of a pipeline")
  func reading() throws {
    let read = try steps(
      "steps:\n  - make\n  - {name: test, run: make test, dir: web}\nfinally: [make clean]\n")
    #expect(read.steps.map(\.name) == ["make", "test"])
    #expect(read.steps[1].directory == "web")
    #expect(read.finally.map(\.run) == ["make clean"])
    let whole = try pipeline("repo: https://github.com/acme/shop.git\non: push\nfile: .pushrod.yml\n")
    #expect(whole.file == ".pushrod.yml" && whole.steps.isEmpty)
    #expect(whole.with(read).steps == read.steps && whole.with(read).finally == read.finally)
  }

  @Test(
    "what only the agent's own file may say is refused in words",
    arguments: [
      "repo: https://evil.example/x.git", "secrets: [TOKEN]", "on: push", "env: {A: b}", "timeout: 7d", "user: root",
      "limits: {memory: 2G}", "sandbox: {network: true}", "concurrency: x", "file: other.yml", "name: x",
      "workspace: {clean: none}",
    ])
  func agentsKeys(line: String) {
    let key = line.prefix { $0 != ":" }
    #expect(
      mistakes("steps: [make]\n\(line)\n") == [
        ".pushrod.yml:2:1: `\(key)` is not for a file of the repository: only the agent's own pipeline file says it; remove it"
      ])
  }

  @Test("a step cannot give itself a user, limits or a sandbox", arguments: RepositoryFile.agentsStepKeys)
  func stepKeys(key: String) {
    #expect(!mistakes("steps: [{run: make, \(key): x}]").isEmpty)
  }

  @Test("all its mistakes are told, with their places")
  func mistaken() {
    #expect(
      mistakes("steps:\n  - run: make\n    timout: 4\nstep: []\n") == [
        ".pushrod.yml:3:5: unknown key `timout` in `steps[1]`; did you mean `timeout`?",
        ".pushrod.yml:4:1: unknown key `step`; did you mean `steps`?",
      ])
    #expect(mistakes("finally: [make]\n")[0].contains("`steps` is missing"))
    #expect(mistakes("- make\n")[0].contains("must be a mapping with `steps`"))
    #expect(mistakes("steps: [{include: common/x.yml}]")[0].contains("`include` is not possible here"))
    #expect(mistakes("steps: [{run: make, env: {TOKEN: x}}]", secrets: ["TOKEN"])[0].contains("in `secrets`"))
    #expect(mistakes("steps: [*a]").count == 1)
  }

  @Test("a pipeline has its own steps or a file of the repository, not both, and not neither")
  func either() {
    let head = "repo: https://github.com/acme/shop.git\non: push\n"
    #expect(
      wholeMistakes(head + "file: .pushrod.yml\nsteps: [make]\n") == [
        "4:1 `steps` stands here, and `file` says that the steps stand in the repository | remove one of them"
      ])
    #expect(wholeMistakes(head + "file: .pushrod.yml\nfinally: [make]\n").count == 1)
    #expect(wholeMistakes(head)[0].contains("`steps` is missing"))
    for path in ["/etc/x.yml", "../x.yml", "\"\""] {
      #expect(wholeMistakes(head + "file: \(path)\n").count == 1, "\(path)")
    }
  }
}

/// The module's helper, whose name the suite has for something else.
private func wholeMistakes(_ text: String) -> [String] { mistakes(ofWhole: text) }
