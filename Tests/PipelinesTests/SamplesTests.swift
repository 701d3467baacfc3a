import Foundation
import Model
import TestSupport
import Testing

@testable import Pipelines

/// What people copy must work: the sample files and every whole pipeline in the manual.
@Suite struct SamplesTests {
  /// Tests/PipelinesTests/SamplesTests.swift → the checkout; a package may reach this file through a symbolic link.
  private static let checkout = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

  private static let samples =
    ((try? FileManager.default.contentsOfDirectory(atPath: "\(checkout)/pipelines")) ?? [])
    .filter { $0.hasSuffix(".yml") || $0.hasSuffix(".yaml") }.sorted()

  @Test("there are samples")
  func some() { #expect(Self.samples.count >= 5) }

  @Test("a sample is valid, named like its file, and of a made-up repository", arguments: samples)
  func sample(file: String) throws {
    let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(Self.checkout)/pipelines/\(file)"))
    let (read, advice) = try PipelineFile.inspect(Array(bytes), file: file)
    #expect(advice.map(\.rendered) == [])
    #expect(
      String(decoding: bytes.prefix(100), as: UTF8.self).hasPrefix(
        "# yaml-language-server: $schema=../\(PipelineLanguage.schemaFile)\n"))
    #expect("\(read.name).yml" == file)
    #expect(read.repository.name.hasPrefix("acme/"))
    #expect(read.triggers.push != nil || read.triggers.webhooks != nil || read.triggers.manual)
    for step in read.steps + read.finally where step.shell[0] == "sh" || step.shell[0] == "bash" {
      // `-n` reads the script without running it.
      let result = try run([step.shell[0], "-n", "-c", step.run])
      #expect(result.status == 0, "\(file), step \(step.name): \(result.errorOutput)")
    }
  }

  private static let examples: [String] = {
    let manual = (try? String(contentsOfFile: "\(checkout)/docs/pipelines.md", encoding: .utf8)) ?? ""
    return manual.components(separatedBy: "```yaml\n").dropFirst().map { $0.components(separatedBy: "```")[0] }
      // Files that pipelines refer to begin with their path.
      .filter { !$0.hasPrefix("# ") }
  }()

  @Test("the manual has examples")
  func manual() { #expect(Self.examples.count >= 8) }

  @Test("every example of the manual is a valid pipeline", arguments: examples)
  func example(text: String) throws {
    _ = try PipelineFile.parse(Array(text.utf8), file: "example.yml", includes: LanguageTests.includes)
  }
}
