import FoundationEssentials
import Model

@testable import Execution
@testable import Pipelines

extension FuzzTarget {
  /// The file of a repository that has a pipeline's steps.
  static let repositoryFiles = FuzzTarget("repository-file") { bytes in
    let read: PipelineSteps
    do throws(Diagnostics) {
      read = try RepositoryFile.parse(bytes, file: "fuzz.yml", secrets: ["TOKEN"])
    } catch {
      require(!error.all.isEmpty, "refused without a reason")
      for mistake in error.all { requireOneLine(mistake.oneLine, atMost: 4096, "a mistake") }
      return
    }
    require(!read.steps.isEmpty, "no steps")
    for step in read.steps + (read.onFailure ?? []) + read.finally {
      require(step.user == nil && step.limits == nil && step.sandbox == nil, "it says what only the agent's file may")
      require(step.environment["TOKEN"] == nil, "it hides a secret")
    }
    guard let json = try? JSON.encoder().encode(read) else { return require(false, "valid steps have no JSON") }
    require(
      (try? JSON.decoder().decode(PipelineSteps.self, from: json)) == read, "steps change on their way through JSON")
  }

  /// What a step writes to `$PUSHROD_OUTPUT`.
  static let stepOutput = FuzzTarget("step-output") { bytes in
    let outputs: [StepOutput]
    do throws(StepOutputs.Refusal) {
      outputs = try StepOutputs.read(bytes, secrets: ["TOKEN"])
    } catch {
      require(error.line >= 1, "there is no line \(error.line)")
      return requireOneLine(error.words, atMost: 1000, "a refusal")
    }
    require(Set(outputs.map(\.name)).count == outputs.count, "a name is there twice")
    require(outputs.count <= StepOutputs.most, "\(outputs.count) names")
    for output in outputs {
      require(OutputName.complaint(about: output.name, secrets: ["TOKEN"]) == nil, "\(output.name) is handed on")
      require(!output.value.utf8.contains(0), "a value with a NUL")
    }
    // Written again in the longer form, they are the same.
    let word = "END" + String(bytes.count)
    guard !outputs.contains(where: { $0.value.contains(word) }) else { return }
    let written = outputs.map { "\($0.name)<<\(word)\n\($0.value)\n\(word)\n" }.joined()
    require(
      (try? StepOutputs.read(Array(written.utf8))) == outputs, "values change when they are written and read again")
  }

  /// A script, as advice reads it.
  static let scripts = FuzzTarget("script") { bytes in
    let text = String(decoding: bytes, as: UTF8.self)
    let lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
    for command in ShellScript(text).commands {
      for word in command.words {
        require(lines.indices.contains(word.place.line), "there is no line \(word.place.line)")
        require(word.place.column <= lines[word.place.line].count, "there is no column \(word.place.column)")
      }
    }
    var pipeline = Array("repo: https://github.com/acme/shop.git\non: push\nsteps:\n  - run: |\n".utf8)
    for line in lines.prefix(100) { pipeline += Array("      \(line)\n".utf8) }
    guard let read = try? PipelineFile.inspect(pipeline, file: "fuzz.yml") else { return }
    for diagnostic in read.advice { requireOneLine(diagnostic.oneLine, atMost: 4096, "advice") }
  }
}
