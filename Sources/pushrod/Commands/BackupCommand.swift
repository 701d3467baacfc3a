import ArgumentParser
import AsyncHTTPClient
import FoundationEssentials
import Glibc
import Model
import NIOCore
import Store

/// `pushrod backup FILE`: a copy of the agent's store, while the agent goes on.
struct BackupCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backup", abstract: "Copy the agent's store into a file, while the agent goes on.",
    discussion: """
      In it are the inbox, the runs, the tokens' hashes and the audit log, whole as of one moment: everything that was \
      recorded before the command was called, and maybe more. Not in it: the configuration, the pipelines, secrets, the \
      logs of runs. The file is checked before it gets its name, and only its owner can read it. `pushrod restore` puts \
      it back.
      """)

  @Argument(help: "The file to make.")
  var file: String

  @Flag(help: "Take the place of a file that is there.")
  var replace = false

  @Flag(help: "Print what is in it as JSON.")
  var json = false

  @OptionGroup var agent: AgentOptions

  func run() async throws {
    try checkTarget()
    let began = ContinuousClock.now
    let unfinished = try UnfinishedFile(file, mode: 0o600, code: .failed)
    try await download(to: unfinished)
    try unfinished.sync()
    let contents: StoreContents
    do {
      contents = try StoreFile.inspect(unfinished.temporary)
    } catch let failure as StoreFailure {
      throw CommandExit(
        .failed, "The copy is not what it should be, and was thrown away: \(failure.description)".onOneLine)
    }
    try unfinished.finish(replacing: replace)
    let report = BackupReport(
      file: file, contents: contents, seconds: Seconds(began.duration(to: .now) / .seconds(1)))
    if json {
      return Output.standard.print(String(decoding: try JSON.encoder(pretty: true).encode(report), as: UTF8.self))
    }
    Output.standard.print("\(file.onOneLine): \(contents.words)")
  }

  /// Before the agent does any work for it.
  private func checkTarget() throws(CommandExit) {
    var status = stat()
    guard stat(file, &status) == 0 else {
      if errno == ENOENT, !file.isEmpty, !file.hasSuffix("/") { return }
      throw CommandExit(.wrongUse, "cannot write \(file.onOneLine): \(String(cString: strerror(errno))).")
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw CommandExit(.wrongUse, "\(file.onOneLine) is not a file; name the file to make.")
    }
    guard replace else {
      throw CommandExit(.wrongUse, "\(file.onOneLine) is there already; name another file, or say --replace.")
    }
  }

  private func download(to file: UnfinishedFile) async throws {
    let client = try agent.client
    var progress = ProgressLine("backup")
    defer { progress.end() }
    let (size, body) = try await progress.wait(for: "the agent copies its store") {
      try await client.download("/api/backup")
    }
    var done = 0
    do {
      for try await piece in body {
        try piece.withUnsafeReadableBytes { try file.write($0) }
        done += piece.readableBytes
        progress.show(done, of: size)
      }
    } catch let error as CommandExit {
      throw error
    } catch {
      throw client.notReachable(error)
    }
    guard size == nil || size == done else {
      throw CommandExit(.failed, "The agent announced \(size ?? 0) bytes and sent \(done); try again.")
    }
  }
}

/// What `pushrod backup --json` and `pushrod restore --json` print.
struct BackupReport: Encodable {
  var file: String
  var contents: StoreContents
  var seconds: Seconds
  /// Where the store lies that was replaced.
  var kept: String?
}

extension StoreContents {
  /// `12 MB, 340 deliveries, 120 runs, the newest delivery 3 min ago`.
  var words: String {
    "\(Wording.size(size)), \(deliveries) \(deliveries == 1 ? "delivery" : "deliveries"), "
      + "\(runs) \(runs == 1 ? "run" : "runs")" + (newest.map { ", the newest delivery \(Wording.ago($0))" } ?? "")
  }
}
