import AgentConfiguration
import ArgumentParser
import FoundationEssentials
import Model
import Pipelines
import Webhooks

/// `pushrod init`: everything that a first deploy needs, and what to enter on the sender's pages.
struct InitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Write a configuration, a secret and a first pipeline, and say what to enter on the sender's pages.",
    discussion: """
      Nothing that is there is overwritten without --force; a secret never is. In /etc/pushrod, the configuration \
      that `make install` put there is kept, and the lines that it lacks are printed; the secret goes to secrets/, \
      where its unit takes it from.
      """)

  @Argument(help: "The repository to deploy: https://github.com/acme/shop.git, git@github.com:acme/shop.git, …")
  var repositoryURL: String

  @Option(help: ArgumentHelp("The folder to write to.", valueName: "folder"))
  var dir = "."

  @Option(help: ArgumentHelp("The branch to deploy.", valueName: "name"))
  var branch = "main"

  @Option(
    help: ArgumentHelp(
      "Who posts: \(Senders.all.map(\.name).joined(separator: ", ")).", valueName: "name"))
  var sender = "github"

  @Option(help: ArgumentHelp("Where senders reach the agent: https://deploy.example.org.", valueName: "address"))
  var publicURL: String?

  @Flag(help: "Replace a configuration and a pipeline that are there.")
  var force = false

  private var folder: String {
    var folder = dir
    while folder.hasSuffix("/"), folder.utf8.count > 1 { folder.removeLast() }
    return folder
  }

  private var isSystem: Bool { folder == "/etc/pushrod" }

  func run() throws {
    let known = try StoredRequest.sender(named: sender)
    guard let page = SenderPage.of(known.name) else { throw CommandExit(.wrongUse, "\(known.name) has no page.") }
    let setup = FirstSetup(
      repository: try checkedRepository(), branch: try checkedBranch(), sender: known.name, page: page,
      publicURL: try checkedPublicURL(), secretFile: isSystem ? "secrets/\(known.name)" : "\(known.name).secret")
    let files = Files(folder: folder, setup: setup)
    let keepsConfiguration = isSystem && !force && NewFile.exists(files.configuration)
    try refuseToOverwrite(files, keepsConfiguration: keepsConfiguration)
    let kept = try keepsConfiguration ? outline(of: files.configuration) : nil

    try NewFile.makeFolder(folder)
    if isSystem { try NewFile.makeFolder("\(folder)/secrets", mode: 0o700) }
    try NewFile.makeFolder("\(folder)/pipelines")
    let keepsSecret = NewFile.exists(files.secret)
    let makesSecret = !keepsSecret && page.secret == .here
    if makesSecret {
      try NewFile(path: files.secret, contents: FirstSetup.newSecret(), mode: 0o600).write(replacing: false)
    }
    if !keepsConfiguration {
      try NewFile(path: files.configuration, contents: Array(setup.configuration.utf8), mode: 0o644)
        .write(replacing: force)
    }
    try NewFile(path: files.pipeline, contents: Array(setup.pipeline.utf8), mode: 0o644).write(replacing: force)

    report([
      (keepsConfiguration ? "kept" : "wrote", files.configuration, "the configuration"),
      (
        makesSecret ? "wrote" : keepsSecret ? "kept" : "needs", files.secret,
        makesSecret || keepsSecret ? "the webhook's secret" : "the webhook's secret, which only the sender can tell"
      ),
      ("wrote", files.pipeline, "the first pipeline; its steps are yours to write"),
    ])
    let next = NextSteps(
      folder: folder, isSystem: isSystem, configuration: files.configuration, repository: setup.repository)
    let parts = [additions(to: kept, files, setup), next.text, hookSettings(kept, files, setup).text]
    for case let part? in parts { Output.standard.print("\n" + part) }
  }

  private func outline(of file: String) throws(CommandExit) -> ConfigurationOutline {
    do {
      return try ConfigurationOutline.read(file: file)
    } catch {
      throw CommandExit(.wrongUse, error.description)
    }
  }

  private func additions(to kept: ConfigurationOutline?, _ files: Files, _ setup: FirstSetup) -> String? {
    guard let kept, let lines = setup.additions(sources: kept.sources, publicURL: kept.publicURL) else { return nil }
    return "Add to \(files.configuration), under the keys that are there:\n\(lines)"
  }

  private func hookSettings(_ kept: ConfigurationOutline?, _ files: Files, _ setup: FirstSetup) -> HookSettings {
    var settings = HookSettings(
      sender: setup.sender, page: setup.page, repository: setup.repository,
      publicURL: setup.publicURL ?? kept?.publicURL, secretFile: files.secret)
    if let kept {
      settings.keptConfiguration = files.configuration
      settings.optionsPlace = kept.sources.contains(setup.sender) ? nil : "above"
    }
    return settings
  }

  private func report(_ lines: [(what: String, path: String, meaning: String)]) {
    let width = lines.map(\.path.count).max() ?? 0
    for line in lines {
      let what = line.what + String(repeating: " ", count: 6 - line.what.count)
      let path = line.path + String(repeating: " ", count: width - line.path.count)
      Output.standard.print("\(what)\(path)  \(line.meaning)")
    }
  }

  private struct Files {
    var configuration: String
    var secret: String
    var pipeline: String

    init(folder: String, setup: FirstSetup) {
      configuration = "\(folder)/pushrod.yml"
      secret = "\(folder)/\(setup.secretFile)"
      pipeline = "\(folder)/pipelines/\(setup.pipelineName).yml"
    }
  }

  private func refuseToOverwrite(_ files: Files, keepsConfiguration: Bool) throws(CommandExit) {
    guard !force else { return }
    let taken = [keepsConfiguration ? nil : files.configuration, files.pipeline].compactMap { $0 }.filter(
      NewFile.exists)
    guard taken.isEmpty else {
      throw CommandExit(
        .wrongUse,
        "\(taken.joined(separator: " and ")) \(taken.count == 1 ? "is" : "are") there already and nothing was changed. "
          + "Use --force to write \(taken.count == 1 ? "it" : "them") anew, or another --dir.")
    }
  }

  // MARK: What the person said

  private func checkedRepository() throws(CommandExit) -> RepositoryURL {
    do {
      return try RepositoryURL(repositoryURL)
    } catch {
      throw CommandExit(.wrongUse, "\(error)".withoutControls)
    }
  }

  /// A plain name: in the pipeline it is a pattern, in which `!` and wildcards mean something.
  private func checkedBranch() throws(CommandExit) -> String {
    guard let ref = RefName("refs/heads/" + branch), let name = ref.branch, !name.hasPrefix("!") else {
      throw CommandExit(.wrongUse, "`\(branch.withoutControls)` is not the name of a branch.")
    }
    return name
  }

  private func checkedPublicURL() throws(CommandExit) -> String? {
    guard var url = publicURL else { return nil }
    while url.hasSuffix("/") { url.removeLast() }
    guard url.hasPrefix("https://") || url.hasPrefix("http://"), !url.hasSuffix(":"),
      url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }), !url.contains("@"), !url.contains("?"), !url.contains("#")
    else {
      throw CommandExit(
        .wrongUse,
        "--public-url is an address such as https://deploy.example.org, not `\(publicURL?.withoutControls ?? "")`.")
    }
    return url
  }
}
