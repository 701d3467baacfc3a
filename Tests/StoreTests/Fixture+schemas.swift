import Foundation
import GRDB
import Model
import TestSupport

@testable import Store

/// The names of the migrations, in order.
var allSchemas: [String] { Schema.migrator.migrations }

/// A store file as the version of `schema` left it, made by the real migrations, with a delivery and a run in it.
func oldStore(_ schema: String, at path: String) throws {
  try FileManager.default.createDirectory(
    atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
  let queue = try DatabaseQueue(path: path)
  try Schema.migrator.migrate(queue, upTo: schema)
  try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = WAL") }
  let request = String(decoding: try JSON.encoder().encode(try someRequest()), as: UTF8.self)
  try queue.write { db in
    try db.execute(
      sql: """
        INSERT INTO deliveries (source, id, event, received_at, verdict, runs, body_size, headers, body)
        VALUES ('github', 'old-1', 'push', 1795000000123, 'started', '[1]', 2, CAST('x-a: b' AS BLOB), CAST('{}' AS BLOB));
        INSERT INTO runs (delivery, pipeline, repository, ref, commit_id, concurrency_group, state, queued_at, request)
        VALUES (1, 'shop', 'github.com/acme/shop', 'refs/heads/main', '\(someCommit.hex)', 'shop', 'queued',
          1795000000123, ?)
        """, arguments: [request])
    guard try db.tableExists("accepted_ids") else { return }
    try db.execute(
      sql: "INSERT INTO accepted_ids (key, delivery) VALUES (?, 1)",
      arguments: [AcceptedID(source: "github", id: "old-1").key])
  }
  try queue.close()
}
