import Foundation
import Model
import Store
import TestSupport

/// A store in a folder of its own.
struct StoreUnderTest {
  let area: TemporaryDirectory
  let store: SQLiteStore
  var path: String { area.file("data/pushrod.db") }

  init() throws {
    area = try TemporaryDirectory("store")
    store = try SQLiteStore.open(path: area.file("data/pushrod.db"))
  }
}

let someCommit = CommitID(String(repeating: "a1", count: 20))!
let someDate = Date(timeIntervalSince1970: 1_795_000_000.123)

func somePipeline(_ name: String = "shop", group: String? = nil) throws -> Pipeline {
  Pipeline(
    name: name, repository: try RepositoryURL("https://github.com/acme/\(name).git"),
    triggers: Triggers(push: PushTrigger(branches: ["main"], tags: nil, skip: nil), manual: true),
    concurrency: group.map { Concurrency(group: $0) }, steps: [Step(name: "build", run: "make")])
}

func someRequest(_ pipeline: String = "shop", group: String? = nil, commit: CommitID = someCommit) throws -> RunRequest
{
  RunRequest(
    pipeline: try somePipeline(pipeline, group: group), trigger: .push, ref: RefName("refs/heads/main")!,
    commit: commit, pusher: "ada", message: "Sell more")
}

func someDelivery(
  _ id: String?, source: String = "github", body: [UInt8] = Array("{}".utf8), runs: [RunRequest] = [],
  ignored: String? = nil, at date: Date = someDate
) -> NewDelivery {
  NewDelivery(
    source: source, id: id, event: "push", receivedAt: date, address: "192.0.2.1",
    headers: ["X-GitHub-Event": "push", "Content-Type": "application/json"], body: body,
    ignored: runs.isEmpty ? ignored ?? "no pipeline for acme/shop" : nil,
    decisions: [Decision(pipeline: "shop", starts: !runs.isEmpty, reason: "branch main")], runs: runs)
}

extension StoreUnderTest {
  /// The files as they lie on the disk at this moment, beside the open store: what a power cut would leave.
  func copiedFiles() throws -> String {
    let folder = area.file("copy")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for suffix in ["", "-wal"] where FileManager.default.fileExists(atPath: path + suffix) {
      try FileManager.default.copyItem(atPath: path + suffix, toPath: folder + "/pushrod.db" + suffix)
    }
    return folder + "/pushrod.db"
  }
}
