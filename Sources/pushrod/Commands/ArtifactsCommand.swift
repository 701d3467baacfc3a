import ArgumentParser
import AsyncHTTPClient
import FoundationEssentials
import Glibc
import Model
import NIOCore
import RunDirectory
import Web

/// `pushrod artifacts`: the files that a run has kept.
struct ArtifactsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "artifacts", abstract: "List and fetch the files that a run has kept.",
    subcommands: [List.self, Get.self])

  /// `pushrod artifacts ls`
  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "ls", abstract: "List the files that a run has kept.")

    @Argument(help: "The run's number.")
    var run: Int

    @Flag(help: "Print the agent's JSON.")
    var json = false

    @OptionGroup var agent: AgentOptions

    func run() async throws {
      let path = "/api/runs/\(run)/artifacts"
      if json { return Output.standard.write(try await agent.client.get(path)) }
      let list = try await agent.client.get(ArtifactList.self, path).artifacts
      guard !list.isEmpty else { return Output.error.print("no artifacts") }
      var table = Table(["PATH", "SIZE", "CHANGED"], whole: [0])
      for artifact in list {
        table.add([artifact.path.onOneLine, Wording.size(artifact.size), Wording.ago(artifact.modifiedAt)])
      }
      table.print()
    }
  }

  /// `pushrod artifacts get`
  struct Get: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "get", abstract: "Fetch one of the files, or all of them.",
      discussion:
        "One file is written under its own name, all under their paths. What is there already is not replaced.")

    @Argument(help: "The run's number.")
    var run: Int

    @Argument(help: "The file's path, as `pushrod artifacts ls` shows it.")
    var path: String?

    @Flag(help: "Fetch all of them.")
    var all = false

    @Option(name: [.short, .customLong("output")], help: ArgumentHelp("The folder to write to.", valueName: "folder"))
    var output = "."

    @OptionGroup var agent: AgentOptions

    func validate() throws {
      if all == (path != nil) { throw ValidationError("name a path, or say --all") }
    }

    func run() async throws {
      let client = try agent.client
      if let path {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        return try await fetch(path, to: [name], client)
      }
      let list = try await client.get(ArtifactList.self, "/api/runs/\(run)/artifacts").artifacts
      guard !list.isEmpty else { throw CommandExit(.failed, "run \(run) has kept no files.") }
      for artifact in list { try await fetch(artifact.path, to: nil, client) }
    }

    /// - Parameter place: below the folder; the path itself where `nil`.
    private func fetch(_ path: String, to place: [String]?, _ client: APIClient) async throws {
      guard let components = ArtifactFolder.components(path), let names = place ?? Optional(components) else {
        throw CommandExit(.wrongUse, "`\(path.onOneLine)` is no path of a file that a run could have kept.")
      }
      let target = ([output] + names).joined(separator: "/")
      guard !NewFile.exists(target) else {
        throw CommandExit(.failed, "\(target.onOneLine) is there already, and is not replaced.")
      }
      try NewFile.makeFolder(([output] + names.dropLast()).joined(separator: "/"))
      let (size, body) = try await client.content("/api/runs/\(run)/artifact", [("path", path)])
      let file = try UnfinishedFile(target, mode: 0o644, code: .failed)
      var received = 0
      do {
        for try await chunk in body {
          received += chunk.readableBytes
          try Array(chunk.readableBytesView).withUnsafeBufferPointer { (bytes) throws(CommandExit) in
            try file.write(UnsafeRawBufferPointer(bytes))
          }
        }
      } catch let exit as CommandExit {
        throw exit
      } catch {
        throw client.notReachable(error)
      }
      guard size == nil || size == received else {
        throw CommandExit(.failed, "\(path.onOneLine) did not come whole: \(received) bytes.")
      }
      try file.finish(replacing: false)
      Output.standard.print("\(target.onOneLine)  \(Wording.size(received))")
    }
  }
}
