import Agent
import HTTPTypes
import Hummingbird
import Model
import NIOCore
import NIOPosix
import RunDirectory

/// The files that a run has kept.
struct ArtifactRoutes: Sendable {
  let agent: any AgentControl

  var routes: [APIRoute] {
    [
      .get("/api/runs/:run/artifacts", .scope(.read)) { request, call in try await list(request, call) },
      .get("/api/runs/:run/artifact", .scope(.read)) { request, call in try await download(request, call) },
    ]
  }

  private func list(_ request: Request, _ call: APICall) async throws -> Response {
    _ = try APIQuery(request, allowed: [])
    let (folder, hold) = try await folder(call.runNumber)
    defer { withExtendedLifetime(hold) {} }
    return try Response(json: ArtifactList(artifacts: try await NIOThreadPool.singleton.runIfActive { folder.list() }))
  }

  /// The path is a parameter: it may hold anything, and paths of routes hold nothing that needs an escape.
  private func download(_ request: Request, _ call: APICall) async throws -> Response {
    let query = try APIQuery(request, allowed: ["path"])
    let number = try call.runNumber
    let allowed = "a path as the list of artifacts has it"
    guard let path = try query.text("path", allowed: allowed, where: { ArtifactFolder.components($0) != nil }) else {
      throw APIFailure.invalid("The parameter `path` is missing; it is \(allowed).")
    }
    let (folder, hold) = try await folder(number)
    guard let file = try await NIOThreadPool.singleton.runIfActive({ folder.open(path) }) else {
      throw APIFailure.notFound("Run \(number) has kept no file of that path.")
    }
    return LogText(files: [file], of: hold).response(
      to: request, as: .download(name: path.split(separator: "/").last.map(String.init) ?? ""))
  }

  private func folder(_ number: Int) async throws -> (ArtifactFolder, RunHold) {
    let hold = try agent.hold(run: number)
    // A run that does not exist is a 404.
    _ = try await agent.run(number: number)
    return (RunDirectory(path: agent.directory(ofRun: number)).artifacts, hold)
  }
}
