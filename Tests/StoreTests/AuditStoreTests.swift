import Foundation
import GRDB
import Model
import Store
import TestSupport
import Testing

@Suite struct AuditStoreTests {
  private let person = Person(name: "ci", via: .token, address: "192.0.2.7")

  @Test("lines come back as they were written, newest first, page by page")
  func pages() async throws {
    let fixture = try StoreUnderTest()
    for number in 1...5 {
      try await fixture.store.record(
        AuditedAct(.cancel, "run \(number)", by: person, at: someDate, outcome: .failed, detail: "no"))
    }
    let first = try await fixture.store.audit(before: nil, limit: 2)
    #expect(first.map(\.number) == [5, 4])
    #expect(
      first[0].act == AuditedAct(.cancel, "run 5", by: person, at: someDate, outcome: .failed, detail: "no"))
    #expect(try await fixture.store.audit(before: 4, limit: 10).map(\.number) == [3, 2, 1])
  }

  @Test(
    "no line is changed, deleted or replaced",
    arguments: [
      "UPDATE audit SET person = 'somebody'", "DELETE FROM audit", "DELETE FROM audit WHERE number = 1",
      "INSERT OR REPLACE INTO audit SELECT number, at, 'somebody', via, address, act, object, outcome, detail FROM audit",
      "REPLACE INTO audit (number, at, person, via, act, object, outcome) VALUES (1, 0, 'x', 'socket', 'run', '', 'done')",
    ])
  func appendOnly(statement: String) async throws {
    let fixture = try StoreUnderTest()
    try await fixture.store.record(AuditedAct(.reload, "configuration", by: person, at: someDate))
    try fixture.store.close()

    let tool = try DatabaseQueue(path: fixture.path)
    let failure = await #expect(throws: DatabaseError.self) { try await tool.write { try $0.execute(sql: statement) } }
    #expect(failure?.message == "the audit log is append-only")
    #expect(try await tool.read { try String.fetchAll($0, sql: "SELECT person FROM audit") } == ["ci"])
  }

  @Test("an act and its line are on disk together when the call returns")
  func durable() async throws {
    let fixture = try StoreUnderTest()
    let act = AuditedAct(.run, "pipeline shop", by: person, at: someDate)
    _ = try await fixture.store.enqueue(try someRequest(), at: someDate, audit: act)

    let copy = try SQLiteStore.open(path: try fixture.copiedFiles())
    #expect(try await copy.audit(before: nil, limit: 10).map(\.act.detail) == ["run 1"])
    #expect(try await copy.run(number: 1) != nil)
  }

  @Test("a change of state that is refused leaves no line")
  func refused() async throws {
    let fixture = try StoreUnderTest()
    _ = try await fixture.store.enqueue(try someRequest(), at: someDate)
    _ = try await fixture.store.move(run: 1, to: RunOutcome(.cancelled), at: someDate)
    let act = AuditedAct(.cancel, "run 1", by: person, at: someDate)
    await #expect(throws: RunState.IllegalTransition.self) {
      try await fixture.store.move(run: 1, to: RunOutcome(.cancelled), at: someDate, audit: act)
    }
    #expect(try await fixture.store.audit(before: nil, limit: 10).isEmpty)
  }
}
