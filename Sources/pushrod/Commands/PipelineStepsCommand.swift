import ArgumentParser
import FoundationEssentials
import Glibc
import Model
import Pipelines

/// `pushrod pipeline-steps`: reads a repository's file from standard input for the runner, and tells its steps.
///
/// The file is whoever's may push, so the process gives itself little to do harm with.
struct PipelineStepsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pipeline-steps", abstract: "Read the steps of a repository's file, for the runner.",
    shouldDisplay: false)

  @Option(help: "What the file is called in what is said about it.")
  var name: String

  @Option(name: .customLong("secret"), parsing: .singleValue, help: "A secret that the pipeline names.")
  var secrets: [String] = []

  func run() throws {
    for (resource, limit) in [(RLIMIT_CPU, 20), (RLIMIT_FSIZE, 0), (RLIMIT_CORE, 0)] {
      var limits = rlimit(rlim_cur: rlim_t(limit), rlim_max: rlim_t(limit))
      setrlimit(__rlimit_resource_t(resource.rawValue), &limits)
    }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while bytes.count <= Pipeline.longestFile {
      let count = read(0, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      bytes += buffer[..<count]
    }
    let reading: PipelineReading
    do {
      reading = PipelineReading(steps: try RepositoryFile.parse(bytes, file: name, secrets: secrets))
    } catch {
      reading = PipelineReading(mistakes: error.all.map { .init(line: $0.oneLine, text: $0.rendered) })
    }
    Output.standard.write(Array(try JSON.encoder().encode(reading)))
  }
}
