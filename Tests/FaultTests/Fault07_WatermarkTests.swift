import EndToEndSupport
import Foundation
import Model
import TestSupport
import Testing

@Suite("Fault 7: a disk that is nearly full", .serialized)
struct Fault07_WatermarkTests {
  @Test(
    "below the mark no new run starts, deliveries are taken, everybody is told why, and it goes on by itself",
    .enabled(if: SmallDisk.isPossible, "\(SmallDisk.whyNot)"))
  func watermark() throws {
    let repository = try GitRepository()
    try repository.write("index.html", "one")
    let commit = try repository.commit("One")
    let agent = try AgentUnderTest(
      pipelines: [
        "shop.yml": """
        name: shop
        repo: \(repository.url)
        on: { push: { branches: [main] } }
        keep: { runs: 1 }
        steps: [echo deployed]
        """
      ], settings: "limits: { disk: { warn: 40M, stop: 30M } }", name: "fault7")
    let disk = try SmallDisk(at: agent.area.file("data"), "size=64m,mode=0700")
    defer {
      agent.kill9()
      disk.unmount()
    }
    try agent.start()
    let push = GitHubPush(cloneURL: repository.url, after: commit)
    func ready() throws -> String {
      try run(["curl", "-sS", "-i", "http://127.0.0.1:\(agent.port)/readyz"]).output
    }
    for number in 1...2 {
      #expect(try agent.post(push).runs == [number])
      #expect(try agent.finished(number).run.state == .succeeded)
    }
    #expect(try ready().contains(" 200 "))

    try runChecked(["fallocate", "-l", "40M", agent.area.file("data/filler")])
    let answer = try agent.post(push)
    #expect(answer.status == 202 && answer.runs == [3])
    try waitUntil("the log says so") { agent.log.contains("event=disk_short") }
    // What may go goes at once, without waiting for the janitor's minute.
    try waitUntil("old runs are removed") { try agent.pushrod("show", "1").status == 1 }
    let waits = "waits: the disk of \(agent.area.file("data")) has "
    try waitUntil("the run says what it waits for") {
      let shown = try agent.showRun(3).run
      return shown.state == .queued && shown.reason?.hasPrefix(waits) == true
        && shown.reason?.hasSuffix("runs start again above 30 MB") == true
    }
    #expect(try agent.pushrod("runs").output.contains("runs start again above 30 MB"))
    #expect(try agent.pushrod("show", "3").output.contains(waits))
    let doctor = try agent.pushrod("doctor", "--config", agent.configuration)
    #expect(doctor.status == 1)
    #expect(doctor.output.contains("No run starts below 30 MB"), "\(doctor.output)")
    let notReady = try ready()
    #expect(notReady.contains(" 503 ") && notReady.contains("Retry-After: 60"), "\(notReady)")
    #expect(!notReady.contains("disk"))
    let reasons = try runChecked(["curl", "-sS", "--unix-socket", agent.socket, "http://localhost/readyz"])
    #expect(reasons.contains("less than 30 MB"), "\(reasons)")
    let metrics = try runChecked(["curl", "-sS", "--unix-socket", agent.socket, "http://localhost/metrics"])
    #expect(metrics.contains("\npushrod_runs_held 1\n") && metrics.contains("\npushrod_ready 0\n"))
    #expect(metrics.contains("\npushrod_disk_stop_bytes{disk=\"store\"} \(30 << 20)\n"))
    #expect(try agent.showRun(3).run.state == .queued)

    try FileManager.default.removeItem(atPath: agent.area.file("data/filler"))
    #expect(try agent.finished(3).run.state == .succeeded)
    #expect(try ready().contains(" 200 "))
    #expect(agent.log.components(separatedBy: "event=disk_short").count == 2, "\(agent.log)")
    #expect(agent.log.components(separatedBy: "event=disk_enough").count == 2)
  }
}
