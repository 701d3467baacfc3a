import Foundation
import Glibc
import Model
import TestSupport

@testable import RunDirectory

/// A run directory in a folder of its own.
struct Fixture {
  let folder: TemporaryDirectory
  let directory: RunDirectory
  let spec: RunSpec

  init(depth: Int = 0) throws {
    folder = try TemporaryDirectory("run")
    let deep = String(repeating: "/a-folder-with-a-long-name", count: depth)
    let area = RunArea(root: folder.path + deep)
    spec = try Fixture.spec(in: area)
    directory = try RunDirectory.create(
      at: area.directory(ofRun: 7).path, spec: spec, eventBody: Array(#"{"ref":"refs/heads/main"}"#.utf8))
  }

  static func spec(in area: RunArea) throws -> RunSpec {
    let repository = try RepositoryURL("https://github.com/acme/shop.git")
    let pipeline = Pipeline(
      name: "shop", repository: repository, triggers: Triggers(push: nil, manual: true),
      environment: ["NODE_ENV": "production", "camelCase_and_snake": "1"], secrets: ["DATABASE_URL"],
      steps: [Step(name: "test", run: "make test")])
    let request = RunRequest(
      pipeline: pipeline, trigger: .push, ref: RefName("refs/heads/main")!,
      commit: CommitID(String(repeating: "ab", count: 20))!, message: "Grüße\n")
    return RunSpec(
      number: 7, request: request, mirror: area.mirror(of: repository), workspace: area.workspace(of: "shop"),
      allowedSchemes: [.https])
  }

  func append(_ text: String) throws {
    let file = try OpenFile(directory.eventsPath, O_WRONLY | O_APPEND | O_CREAT)
    try file.write(Array(text.utf8))
  }
}
