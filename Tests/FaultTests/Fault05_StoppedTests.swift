import EndToEndSupport
import Foundation
import Model
import TestSupport
import Testing

@Suite("Fault 5: SIGTERM and draining while runs go on")
struct Fault05_StoppedTests {
  /// Goes on until the file `go` is there.
  private static let pipeline = """
    steps:
      - name: wait
        run: |
          while ! [ -e "$GO" ]; do sleep 0.02; done
          echo done
    """

  private static func shop(_ name: String = "fault5") throws -> (shop: Shop, go: () throws -> Void) {
    let files = try TemporaryDirectory("go")
    let shop = try Shop(name, pipeline: "env: { GO: \(files.file("go")) }\n" + pipeline)
    return (shop, { try files.write("go", "") })
  }

  private struct Status: Decodable {
    struct Drain: Decodable { var by: String }
    var runningRuns: Int
    var queuedRuns: Int
    var draining: Drain?
  }

  private func status(_ agent: AgentUnderTest) throws -> Status {
    let json = try runChecked(["curl", "-sS", "--unix-socket", agent.socket, "http://localhost/api/status"])
    return try JSON.decoder().decode(Status.self, from: Data(json.utf8))
  }

  @Test("the agent stops in seconds, the run goes on, and the next agent sees its end")
  func stop() throws {
    let (shop, go) = try Self.shop()
    let agent = shop.agent
    try agent.start()
    let number = try shop.push()
    try agent.wait(for: .step, of: number)
    #expect(agent.terminate(within: 10))
    #expect(Processes.isAlive(try agent.runner(of: number).runner))
    try agent.start()
    try go()
    let shown = try agent.finished(number)
    #expect(shown.run.state == .succeeded)
    #expect(try agent.stepLog(number, "01-") == "done\n")
  }

  @Test("serve --drain takes deliveries, starts nothing, and stops when the last run has ended")
  func serveDrain() throws {
    var (shop, go) = try Self.shop()
    let agent = shop.agent
    try agent.start("--drain")
    let number = try shop.push()
    try agent.wait(for: .step, of: number)
    kill(agent.pid, SIGTERM)
    try waitUntil("the agent drains") { try status(agent).draining?.by == "SIGTERM" }
    // Taken and recorded, and not started.
    let later = try shop.pushNext("two")
    usleep(1_500_000)
    #expect(!agent.hasExited)
    #expect(try agent.showRun(later).run.state == .queued)
    // What cannot be taken back is not offered.
    let off = try agent.pushrod("drain", "--off")
    #expect(
      off.status == 1 && off.errorOutput.contains("was told to stop (SIGTERM)"), "\(off.output)\(off.errorOutput)")
    #expect(try agent.pushrod("runs").errorOutput.contains("it stops when its runs have ended"))
    try go()
    try waitUntil("the agent has stopped") { agent.hasExited }
    #expect(agent.terminate())
    try agent.start()
    #expect(try agent.finished(number).run.state == .succeeded)
    #expect(try agent.finished(later).run.state == .succeeded)
  }

  @Test("a second SIGTERM, or the limit, ends the waiting, and the run goes on", arguments: [true, false])
  func impatience(isSignal: Bool) throws {
    let (shop, go) = try Self.shop()
    let agent = shop.agent
    if isSignal { try agent.start("--drain") } else { try agent.start("--drain", "--drain-limit", "1s") }
    let number = try shop.push()
    try agent.wait(for: .step, of: number)
    kill(agent.pid, SIGTERM)
    try waitUntil("the agent drains") { agent.log.contains("event=drain ") }
    if isSignal { kill(agent.pid, SIGTERM) }
    try waitUntil("the agent has stopped") { agent.hasExited }
    #expect(agent.log.contains("event=drain_over") == !isSignal)
    #expect(Processes.isAlive(try agent.runner(of: number).runner))
    #expect(agent.terminate())
    try agent.start()
    try go()
    #expect(try agent.finished(number).run.state == .succeeded)
  }

  @Test("pushrod drain waits for what is under way, starts nothing, is seen everywhere, and is taken back")
  func drainCommand() throws {
    var (shop, go) = try Self.shop()
    let agent = shop.agent
    try agent.start()
    let number = try shop.push()
    try agent.wait(for: .step, of: number)

    let impatient = try agent.pushrod("drain", "--limit", "1s")
    #expect(impatient.status == 1)
    #expect(impatient.errorOutput.contains("waiting for run \(number) (shop)"))
    #expect(impatient.output == "No run is started any more; 1 under way.")
    let later = try shop.pushNext("two")
    #expect(try agent.pushrod("runs").errorOutput.hasPrefix("No run is started: "))
    let doctor = try agent.pushrod("doctor", "--config", agent.configuration).output
    #expect(doctor.contains("No run is started: ") && doctor.contains("pushrod drain --off"), "\(doctor)")

    try go()
    let patient = try agent.pushrod("drain", "--json")
    #expect(patient.status == 0)
    let end = try JSON.decoder().decode(Status.self, from: Data(patient.stdout))
    #expect(end.runningRuns == 0 && end.queuedRuns == 1 && end.draining != nil)
    #expect(try agent.finished(number).run.state == .succeeded)
    usleep(1_500_000)
    #expect(try agent.showRun(later).run.state == .queued)

    #expect(try agent.pushrod("drain", "--off").output == "The agent starts runs again.")
    #expect(try agent.finished(later).run.state == .succeeded)
    let audit = try agent.pushrod("audit").output
    #expect(audit.contains("drain off") && audit.contains("0 under way"), "\(audit)")
    #expect(!(try agent.pushrod("runs").errorOutput.contains("No run is started")))
  }

  @Test("a drain is forgotten with the agent that was told")
  func drainAndRestart() throws {
    let (shop, go) = try Self.shop()
    let agent = shop.agent
    try go()
    try agent.start()
    #expect(try agent.pushrod("drain", "--no-wait").status == 0)
    let number = try shop.push()
    #expect(agent.terminate())
    try agent.start()
    #expect(try agent.finished(number).run.state == .succeeded)
    #expect(try agent.pushrod("drain", "--off", "--no-wait").status == 2)
    #expect(agent.terminate())
    #expect(try agent.pushrod("drain").status == 3)
  }
}
