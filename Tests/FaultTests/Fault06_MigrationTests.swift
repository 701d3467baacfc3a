import EndToEndSupport
import Foundation
import GRDB
import TestSupport
import Testing

@testable import Store

@Suite("Fault 6: upgrade, kill -9 in the middle of it, downgrade")
struct Fault06_MigrationTests {
  /// What every version's schema looks like, by the migrations that made it.
  private static func schemas() throws -> [[String]: [String]] {
    var all: [[String]: [String]] = [[]: []]
    var applied: [String] = []
    for name in Schema.migrator.migrations {
      applied.append(name)
      let queue = try DatabaseQueue()
      try Schema.migrator.migrate(queue, upTo: name)
      all[applied] = try queue.inDatabase { try definitions($0) }
    }
    return all
  }

  private static func definitions(_ db: Database) throws -> [String] {
    try String.fetchAll(
      db, sql: "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name <> 'grdb_migrations' ORDER BY name")
  }

  /// The store of the first version, with deliveries and a finished run in it.
  private static func oldStore(at path: String) throws {
    let queue = try DatabaseQueue(path: path)
    try Schema.migrator.migrate(queue, upTo: Schema.migrator.migrations[0])
    try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = WAL") }
    try queue.write { db in
      for number in 1...40 {
        try db.execute(
          sql: """
            INSERT INTO deliveries (source, id, event, received_at, verdict, reason, body_size, headers, body)
            VALUES ('github', 'old-\(number)', 'ping', 1795000000123, 'ignored', 'ping', 2, CAST('a: b' AS BLOB), x'7b7d')
            """)
      }
      // The newest that succeeded is what counts; nothing of what is over is started again.
      for (number, state) in ["succeeded", "succeeded", "failed", "cancelled"].enumerated() {
        try db.execute(
          sql: """
            INSERT INTO runs (delivery, pipeline, repository, ref, commit_id, concurrency_group, state, queued_at,
              started_at, finished_at, request)
            VALUES (?, 'shop', 'example.org/shop', 'refs/heads/main', ?, 'shop', ?, 1795000000123, 1795000000456,
              1795000000789, '{}')
            """, arguments: [number + 1, commit(number), state])
      }
    }
    try queue.close()
  }

  private static func commit(_ number: Int) -> String { String(repeating: String(number), count: 40) }

  /// What later versions have made of the old rows, which is there with the version that makes it and not before.
  private static func checkMovedRows(_ db: Database, version: Int, _ comment: Comment) throws {
    #expect(try Int.fetchOne(db, sql: "SELECT count(*) FROM deliveries") == 40, comment)
    #expect(
      try String.fetchAll(db, sql: "SELECT state FROM runs ORDER BY number")
        == ["succeeded", "succeeded", "failed", "cancelled"], comment)
    if version >= 5 {
      #expect(try Int.fetchOne(db, sql: "SELECT count(*) FROM accepted_ids") == 40, comment)
    }
    if version >= 6 {
      #expect(try String.fetchAll(db, sql: "SELECT commit_id FROM deployed_refs") == [commit(1)], comment)
    }
    if version >= 11 {
      #expect(try String.fetchAll(db, sql: "SELECT succeeded_commit_id FROM deployed_refs") == [commit(1)], comment)
    }
  }

  @Test("killed at every call that writes, all the way up: the schema is one version's, whole, and nothing is lost")
  func killed() throws {
    let schemas = try Self.schemas()
    let agent = try AgentUnderTest(pipelines: [:], name: "fault6")
    let (data, kept) = (agent.area.file("data"), agent.area.file("kept"))
    try FileManager.default.createDirectory(atPath: kept, withIntermediateDirectories: true)
    try Self.oldStore(at: kept + "/pushrod.db")
    let faults = try DiskFaults(below: data)
    var seen: Set<Int> = []
    for call in 1...600 {
      try agent.replaceData(with: kept)
      faults.set(.kill, count: UInt32(call))
      let isUp = (try? agent.start(environment: faults.environment)) != nil
      faults.set(.none)
      agent.kill9()
      // Looked at by another program, which takes the log's committed part as any reader would.
      let examined = agent.area.file("examined")
      try? FileManager.default.removeItem(atPath: examined)
      try runChecked(["cp", "-a", data, examined])
      let queue = try DatabaseQueue(path: examined + "/pushrod.db")
      try queue.inDatabase { db in
        #expect(try String.fetchOne(db, sql: "PRAGMA integrity_check") == "ok", "call \(call)")
        let applied = try String.fetchAll(db, sql: "SELECT identifier FROM grdb_migrations ORDER BY identifier")
        #expect(try Self.definitions(db) == schemas[applied], "call \(call), after \(applied)")
        try Self.checkMovedRows(db, version: applied.count, "call \(call), after \(applied)")
        seen.insert(applied.count)
      }
      try queue.close()
      if isUp {
        // Every version was left behind by some kill.
        #expect(seen == Set(1...Schema.migrator.migrations.count), "\(seen)")
        #expect(call > 20)
        try agent.start()
        #expect(try agent.post(body: #"{"zen":"x"}"#, id: "old-40", event: "ping").body.contains("received before"))
        return
      }
      if call.isMultiple(of: 10) {
        try agent.start()
        #expect(try agent.post(body: #"{"zen":"x"}"#, id: "old-7", event: "ping").body.contains("received before"))
        agent.kill9()
      }
    }
    Issue.record("the agent never came up")
  }

  @Test("a downgrade is refused in words, and the store is left as it is")
  func downgrade() throws {
    let agent = try AgentUnderTest(pipelines: [:], name: "fault6-down")
    try agent.start()
    #expect(agent.terminate())
    let store = agent.area.file("data/pushrod.db")
    try runChecked(["sqlite3", store, "INSERT INTO grdb_migrations VALUES ('9999 from the future')"])
    let before = try Data(contentsOf: URL(fileURLWithPath: store))

    let start = try run(
      ["timeout", "20", builtExecutable("pushrod"), "serve", "--config", agent.configuration],
      env: ["PUSHROD_RUNNER": builtExecutable("pushrod-runner")])

    #expect(start.status == 1)
    #expect(start.errorOutput.contains("was written by a newer pushrod"), "\(start.errorOutput)")
    #expect(try Data(contentsOf: URL(fileURLWithPath: store)) == before)
  }
}
