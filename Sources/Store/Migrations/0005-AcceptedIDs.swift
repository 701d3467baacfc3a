import FoundationEssentials
import GRDB

/// Accepted ids outlive their deliveries, and the inbox can be pruned and searched by source.
enum Migration0005 {
  static func apply(_ db: Database) throws {
    try db.execute(sql: tables)
    let known = try Row.fetchCursor(
      db,
      sql: "SELECT number, source, id FROM deliveries WHERE verdict <> 'rejected' AND replay_of IS NULL")
    while let row = try known.next() {
      try db.execute(
        sql: "INSERT INTO accepted_ids (key, delivery) VALUES (?, ?)",
        arguments: [AcceptedID(source: row["source"], id: row["id"]).key, row["number"] as Int])
    }
  }

  // The unique index over whole ids goes: `accepted_ids` says the same in half the room, and stays
  // when the delivery has gone.
  private static let tables = """
    CREATE TABLE accepted_ids (
      key BLOB PRIMARY KEY,
      delivery INTEGER NOT NULL
    ) WITHOUT ROWID;

    DROP INDEX deliveries_accepted;
    CREATE INDEX deliveries_by_source ON deliveries (source);
    CREATE INDEX deliveries_by_original ON deliveries (replay_of) WHERE replay_of IS NOT NULL;
    """
}
