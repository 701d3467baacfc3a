import AgentConfiguration
import ArgumentParser
import FoundationEssentials
import Model
import RunDirectory

/// `pushrod doctor`: looks for what would keep a push from being deployed, and says what to do.
struct DoctorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Look for what keeps pushes from being deployed.",
    discussion: """
      Run it as the agent's user. Asks every repository for its refs; changes nothing. Exits with 0 where \
      nothing fails and with 1 where something does.
      """)

  @Option(
    help: ArgumentHelp("The configuration (else /etc/pushrod/pushrod.yml, else ./pushrod.yml).", valueName: "file"))
  var config: String?

  @Flag(help: "Print JSON.")
  var json = false

  func run() async throws {
    let environment = ProcessInfo.processInfo.environment
    let read = ConfigurationCheck(file: config, environment: environment)
    var findings = read.findings
    let launcher = read.configuration?.launcher ?? .spawn
    findings += await RunnerCheck(environment: environment, launcher: launcher).findings()
    findings += await AbilityCheck(
      environment: environment, launcher: launcher, pipelines: read.pipelines,
      area: (read.configuration?.runnerData).map(RunArea.init(root:))
    ).findings()
    if let configuration = read.configuration {
      findings += await RepositoryCheck(
        configuration: configuration, pipelines: read.pipelines, environment: environment
      ).findings()
      findings += DoorCheck(configuration: configuration).findings()
      findings += FolderCheck(configuration: configuration).findings()
      findings += await ListenerCheck(configuration: configuration).findings()
    }
    findings.append(await ClockCheck.finding())
    try show(findings)
    if findings.contains(where: { $0.level == .fail }) { throw CommandExit(.failed) }
  }

  private func show(_ findings: [Finding]) throws {
    if json {
      let text = try JSON.encoder(pretty: true).encode(["findings": findings])
      return Output.standard.print(String(decoding: text, as: UTF8.self))
    }
    let width = (findings.map(\.check.count).max() ?? 0) + 2
    for finding in findings {
      let head = finding.level.rawValue.padding(to: 6) + finding.check.padding(to: width)
      Output.standard.print(head + finding.what.onOneLine)
      if let advice = finding.advice {
        Output.standard.print("".padding(to: head.count) + "→ \(advice.onOneLine)")
      }
    }
  }
}
