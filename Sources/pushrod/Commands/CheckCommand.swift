import AgentConfiguration
import ArgumentParser
import Foundation
import Model
import Pipelines
import Web
import Webhooks

/// `pushrod check`: every mistake in pipeline files, or in the configuration and its pipelines, without an agent.
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Check pipeline files, or the configuration with its pipelines.",
    discussion: """
      With files, checks those pipelines; with none, the configuration and every pipeline of its folder. Prints all \
      mistakes with their places. Needs no running agent. Exits with 0 where all is valid and with 1 where it is not. \
      With --strict also prints what is valid and would be better done in another way, and exits with 1 where there is any.
      """)

  @Argument(help: ArgumentHelp("Pipeline files.", valueName: "file"))
  var files: [String] = []

  @Option(help: "The configuration; its secrets and sources are then also what pipelines are checked against.")
  var config: String?

  @Flag(help: "The files are those of repositories, which pipelines name by `file`: steps, and nothing else.")
  var repository = false

  @Flag(
    help: "Give advice, too: time limits, secrets where others see them, unread downloads, versions that are not said.")
  var strict = false

  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    if repository, files.isEmpty || config != nil || strict {
      throw ValidationError("--repository goes with files, and neither with --config nor with --strict")
    }
  }

  func run() throws {
    let environment = ProcessInfo.processInfo.environment
    var report = Report(strict: strict)
    if repository {
      for file in files { try report.checkRepositoryFile(file) }
    } else if files.isEmpty || config != nil {
      try checkConfiguration(environment, &report)
    } else {
      for file in files { report.checkPipeline(file, secrets: nil, sources: nil) }
    }
    Output.standard.print(json ? try report.json() : report.text)
    if !report.valid || report.advice?.isEmpty == false { throw CommandExit(.failed) }
  }

  private func checkConfiguration(_ environment: [String: String], _ report: inout Report) throws(CommandExit) {
    let file: String
    do {
      file = try Configuration.find(explicit: config, environment: environment)
    } catch {
      throw CommandExit(.wrongUse, error.summary)
    }
    var secrets: Set<String>?
    var sources: Set<String>?
    var folder: String?
    do {
      let configuration = try Configuration.load(
        file: file, environment: environment, secrets: .whereReadable)
      report.add(file, "configuration")
      report.notes = configuration.unreadSecrets.map { "\($0) cannot be read here; the agent has to" }
      report.notes += configuration.sources.compactMap(\.warning)
      if let files = configuration.tls { report.checkCertificate(files) }
      secrets = configuration.knowsAllSecretNames ? configuration.secretNames : nil
      sources = configuration.sourceNames
      folder = configuration.pipelinesFolder
    } catch {
      report.add(error)
    }
    if !files.isEmpty {
      for file in files { report.checkPipeline(file, secrets: secrets, sources: sources) }
    } else if let folder {
      do {
        // File by file, so that each has its own line; then as a whole, for what only the whole can have wrong.
        let files = try PipelineFolder.files(in: folder)
        report.notePassedOver(in: folder, files)
        for file in files { report.checkPipeline(file, secrets: secrets, sources: sources) }
        if report.valid { _ = try PipelineFolder.load(folder, secrets: secrets, sources: sources ?? []) }
      } catch {
        report.add(error)
      }
    }
  }
}

/// What was checked and what was found.
private struct Report: Encodable {
  struct Item: Encodable {
    var file: String
    /// `configuration`, or `pipeline shop: 3 steps`.
    var what: String
  }

  private(set) var valid = true
  private(set) var checked: [Item] = []
  private(set) var mistakes: [Diagnostic] = []
  /// What is valid and would be better done in another way; `nil` where nobody asked.
  private(set) var advice: [Diagnostic]?
  /// What could not be checked, and what is passed over.
  var notes: [String] = []

  init(strict: Bool) { advice = strict ? [] : nil }

  mutating func add(_ file: String, _ what: String) { checked.append(Item(file: file, what: what)) }

  mutating func add(_ found: Diagnostics) {
    valid = false
    mistakes += found.all
  }

  /// - Parameter files: the pipeline files of the folder.
  mutating func notePassedOver(in folder: String, _ files: [String]) {
    if files.isEmpty { notes.append("there is no pipeline: \(folder) has no file whose name ends in .yml or .yaml") }
    notes += PipelineFolder.otherFiles(in: folder).map {
      "\($0.shown(limit: 300)) is no pipeline: its name does not end in .yml or .yaml"
    }
  }

  /// A key that only the agent may read is checked by the agent.
  mutating func checkCertificate(_ files: TLSFiles) {
    guard access(files.key, R_OK) == 0 || errno != EACCES else {
      notes.append("the key \(files.key) cannot be read here; the agent has to")
      return
    }
    do {
      _ = try CertificateOrigin(files).load()
      add(files.certificate, "certificate, and the key fits")
    } catch let found as Diagnostics {
      add(found)
    } catch {
      add(Diagnostics(file: files.certificate, "\(error)"))
    }
  }

  mutating func checkPipeline(_ file: String, secrets: Set<String>?, sources: Set<String>?) {
    do {
      let (pipeline, advice) = try PipelineFolder.inspect(file: file, secrets: secrets, sources: sources)
      self.advice? += advice
      let steps = pipeline.everyStep.count
      let what = pipeline.file.map { "steps from \($0.shown(limit: 200))" } ?? Wording.count(steps, "step")
      add(file, "pipeline \(pipeline.name), \(what)")
    } catch {
      add(error)
    }
  }

  mutating func checkRepositoryFile(_ file: String) throws(CommandExit) {
    let bytes = try InputFile.read(file, purpose: "repository's", limit: Pipeline.longestFile)
    do throws(Diagnostics) {
      let read = try RepositoryFile.parse(bytes, file: file, secrets: [])
      let count = read.steps.count + (read.onFailure?.count ?? 0) + read.finally.count
      add(file, "file of a repository, \(Wording.count(count, "step"))")
    } catch {
      add(error)
    }
  }

  var text: String {
    var lines = checked.map { "ok  \($0.file): \($0.what)" }
    lines += notes.map { "note: \($0)" }
    lines += mistakes.map(\.rendered)
    if !valid { lines.append(Wording.count(mistakes.count, "mistake")) }
    if let advice, !advice.isEmpty {
      lines += advice.map(\.rendered)
      lines.append(Wording.count(advice.count, "finding"))
    }
    return lines.joined(separator: "\n")
  }

  func json() throws -> String { String(decoding: try JSON.encoder(pretty: true).encode(self), as: UTF8.self) }
}
