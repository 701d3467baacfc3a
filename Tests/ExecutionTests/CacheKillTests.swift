import Foundation
import Model
import RunDirectory
import TestSupport
import Testing

/// kill -9 in the middle of keeping a cache, again and again: what is found afterwards is whole.
@Suite("A cache whose maker is killed")
struct CacheKillTests {
  @Test("is not there, or is whole; and two runs at once do no harm")
  func killed() throws {
    let fixture = try RunFixture()
    var step = Step(
      name: "build",
      run:
        "[ -e big ] && ls big | wc -l && exit 0; mkdir big; i=0; while [ $i -lt 3000 ]; do echo $i > big/$i; i=$((i+1)); done"
    )
    step.cache = [Cache(key: ["a.txt"], paths: ["big"])]
    func order(_ workspace: String) -> RunFixture.Order {
      RunFixture.Order(
        steps: [step],
        change: {
          $0.caches = CacheArea(folder: fixture.area.caches, size: 1 << 30)
          $0.workspace = fixture.area.workspace(of: workspace)
        })
    }
    let caches = fixture.area.caches
    for round in 0..<6 {
      let runner = try fixture.start(order("shop"))
      // Killed while the copy is being made, at another moment each time.
      try waiting { () -> Void? in
        let found = FileManager.default.subpaths(atPath: caches) ?? []
        let made = found.filter { $0.contains(".new-") }.count
        let isWhole = found.contains { $0.hasSuffix("/about") && !$0.contains(".new-") }
        return made > round * 300 || isWhole || !runner.process.isRunning ? () : nil
      }
      let events = (try? runner.directory.events()) ?? []
      if let pid = events.first(where: { $0.event == .runStarted })?.pid { kill(pid_t(pid), SIGKILL) }
      _ = runner.waitForExit()
    }
    let two = try [fixture.start(order("shop")), fixture.start(order("other"))]
    for runner in two {
      #expect(runner.waitForExit() == 0)
      let run = try RunRecordRead(runner)
      #expect(run.end?.runState == .succeeded)
      if try run.log(1).contains("found key") { #expect(try run.log(1).contains("\n3000\n")) }
    }
    let last = try fixture.run(order("shop"))
    let log = try last.log(1)
    #expect(log.contains("found key") && log.contains("\n3000\n"), "\(log)")
    let left = try FileManager.default.subpathsOfDirectory(atPath: caches).filter {
      $0.contains("/.") && !$0.contains("/.lock")
    }
    #expect(left == [])
  }
}
