import EndToEndSupport
import Foundation
import TestSupport
import Testing

@Suite("Fault 8: a store that is damaged, or held by another process")
struct Fault08_DamagedStoreTests {
  private let ping = #"{"zen":"x"}"#

  private func serve(_ agent: AgentUnderTest) throws -> CommandResult {
    try run(
      ["timeout", "20", builtExecutable("pushrod"), "serve", "--config", agent.configuration],
      env: ["PUSHROD_RUNNER": builtExecutable("pushrod-runner")])
  }

  private func overwrite(_ path: String, at place: Int, _ count: Int) throws {
    try runChecked([
      "dd", "if=/dev/urandom", "of=\(path)", "bs=1", "seek=\(place)", "count=\(count)", "conv=notrunc", "status=none",
    ])
  }

  /// Many deliveries, and the agent killed.
  private func killedAgent(_ name: String, deliveries: Int) throws -> AgentUnderTest {
    let agent = try AgentUnderTest(pipelines: [:], name: name)
    try agent.start()
    let connection = try #require(HookConnection(port: agent.port))
    let signature = try hmacSHA256(ping, key: agent.secret)
    for number in 1...deliveries {
      #expect(connection.post(ping, id: "d-\(number)", event: "ping", signature: signature)?.status == 200)
    }
    agent.kill9()
    return agent
  }

  @Test("a flipped page: the agent refuses to start, says so, and starts with the backup in its place")
  func flippedPage() throws {
    let agent = try AgentUnderTest(pipelines: [:], name: "fault8-page")
    try agent.start()
    #expect(try agent.post(body: ping, id: "kept", event: "ping").status == 200)
    let backup = agent.area.file("backup.db")
    #expect(try agent.pushrod("backup", backup).status == 0)
    #expect(agent.terminate())
    let store = agent.area.file("data/pushrod.db")
    // The second page is the root of a table.
    try overwrite(store, at: 4096, 4096)
    let damaged = try Data(contentsOf: URL(fileURLWithPath: store))

    let start = try serve(agent)

    #expect(start.status == 1)
    #expect(start.errorOutput.contains("is damaged"), "\(start.errorOutput)")
    #expect(start.errorOutput.contains("pushrod restore"))
    #expect(try Data(contentsOf: URL(fileURLWithPath: store)) == damaged, "left as it is")
    let restore = try agent.pushrod("restore", backup, "--config", agent.configuration)
    #expect(restore.status == 0, "\(restore.errorOutput)")
    #expect(try Data(contentsOf: URL(fileURLWithPath: store + ".replaced-1")) == damaged)
    try agent.start()
    #expect(try agent.post(body: ping, id: "kept", event: "ping").body.contains("received before"))
  }

  @Test("pages flipped beneath the running agent: deliveries get 503, doctor says damaged, nothing is silently used")
  func flippedWhileRunning() throws {
    let agent = try AgentUnderTest(pipelines: [:], name: "fault8-running")
    try agent.start()
    let body = #"{"zen":"\#(String(repeating: "x", count: 60_000))"}"#
    for number in 1...120 { #expect(try agent.post(body: body, id: "d-\(number)", event: "ping").status == 200) }
    #expect(agent.terminate())
    try agent.start()
    // Everything but the first page, which the file is recognised by; SQLite's own memory holds at most a part of it.
    let store = agent.area.file("data/pushrod.db")
    let size = try #require(FileManager.default.attributesOfItem(atPath: store)[.size] as? Int)
    try runChecked([
      "dd", "if=/dev/urandom", "of=\(store)", "bs=4096", "seek=1", "count=\(size / 4096 - 1)", "conv=notrunc",
      "status=none",
    ])

    // Read, and found.
    var isFound = false
    for number in 1...120 where !isFound {
      isFound = try agent.pushrod("inbox", "show", String(number)).status != 0
    }
    #expect(isFound)

    #expect(try agent.post(body: ping, id: "after", event: "ping").status == 503)
    let doctor = try agent.pushrod("doctor", "--config", agent.configuration)
    #expect(doctor.status == 1)
    #expect(doctor.output.contains("is damaged"), "\(doctor.output)")
    #expect(agent.log.components(separatedBy: "event=store_trouble").count == 2, "\(agent.log)")
  }

  @Test("garbage in the middle of the log: the agent refuses to go on without what it had answered for")
  func garbageInLog() throws {
    let agent = try killedAgent("fault8-wal", deliveries: 30)
    let log = agent.area.file("data/pushrod.db-wal")
    try overwrite(log, at: 32 + 10 * (24 + 4096) + 500, 40)

    let start = try serve(agent)

    #expect(start.status == 1)
    #expect(start.errorOutput.contains("pushrod.db-wal of the store is damaged"), "\(start.errorOutput)")
    // What it says to do works: what is lost is known to be lost.
    try FileManager.default.moveItem(atPath: log, toPath: log + ".kept")
    try agent.start()
    #expect(try agent.post(body: ping, id: "d-30", event: "ping").status == 200)
  }

  @Test("garbage behind the end of the log, as a power cut leaves it, costs nothing")
  func garbageBehindLog() throws {
    let agent = try killedAgent("fault8-tail", deliveries: 30)
    let log = try FileHandle(forWritingTo: URL(fileURLWithPath: agent.area.file("data/pushrod.db-wal")))
    try log.seekToEnd()
    try log.write(contentsOf: Data((0..<9000).map { UInt8(truncatingIfNeeded: $0 &* 13) }))
    try log.close()
    try agent.start()
    #expect(try agent.pushrod("inbox", "show", "30").status == 0)
    #expect(try agent.post(body: ping, id: "d-30", event: "ping").body.contains("received before"))
  }

  @Test("a store that another process holds: the agent says so, and starts when it is let go")
  func locked() throws {
    let agent = try killedAgent("fault8-lock", deliveries: 3)
    let held = agent.area.file("held")
    let holder = try ServerProcess(
      [
        "python3", "-c",
        """
        import sqlite3, sys, time
        store = sqlite3.connect(sys.argv[1])
        store.execute("PRAGMA locking_mode = EXCLUSIVE")
        store.execute("BEGIN EXCLUSIVE")
        open(sys.argv[2], "w").close()
        time.sleep(60)
        """, agent.area.file("data/pushrod.db"), held,
      ], output: agent.area.file("holder.log"))
    try waitUntil("the other process holds it") { FileManager.default.fileExists(atPath: held) }

    let start = try serve(agent)

    #expect(start.status == 1)
    #expect(start.errorOutput.contains("is locked by another program"), "\(start.errorOutput)")
    holder.stop()
    try agent.start()
    #expect(try agent.pushrod("inbox", "show", "3").status == 0)
  }
}
