import GRDB

/// The API's tokens, and the log of who did what.
enum Migration0004 {
  static func apply(_ db: Database) throws {
    try db.execute(sql: tokens)
    try db.execute(sql: audit)
  }

  // Only the hash of a token is kept. A plain SHA-256: the text has 256 random bits, so there is nothing to guess
  // that a slow hash would make dearer.
  private static let tokens = """
    CREATE TABLE tokens (
      number INTEGER PRIMARY KEY,
      name TEXT NOT NULL UNIQUE,
      hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
      scope TEXT NOT NULL CHECK (scope IN ('read', 'run', 'admin')),
      created_at INTEGER NOT NULL,
      expires_at INTEGER,
      used_at INTEGER
    );
    """

  // It only grows. The triggers are against mistakes of this program and of people at a prompt; whoever may write the
  // file can drop them. The third is for INSERT OR REPLACE, which deletes without asking the second.
  private static let audit = """
    CREATE TABLE audit (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      at INTEGER NOT NULL,
      person TEXT NOT NULL,
      via TEXT NOT NULL,
      address TEXT,
      act TEXT NOT NULL,
      object TEXT NOT NULL,
      outcome TEXT NOT NULL CHECK (outcome IN ('begun', 'done', 'failed')),
      detail TEXT
    );

    CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
      BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
    CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
      BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
    CREATE TRIGGER audit_is_not_replaced BEFORE INSERT ON audit
      WHEN EXISTS (SELECT 1 FROM audit WHERE number = NEW.number)
      BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
    """
}
