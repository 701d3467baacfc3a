import EndToEndSupport
import Foundation
import Model
import TestSupport
import Testing

@Suite("Fault 27: process numbers that come back, as after a reboot")
struct Fault27_ProcessNumbersTests {
  @Test("a recorded number that another process has by now means nothing: the lock decides")
  func reused() throws {
    let shop = try Shop("fault27", pipeline: "steps: [ 'sleep 1000' ]")
    let agent = shop.agent
    try agent.start()
    let number = try shop.push()
    try agent.wait(for: .step, of: number)
    agent.kill9()
    try agent.killRunner(of: number)
    let bystander = try ServerProcess(["sleep", "1000"], output: agent.area.file("bystander.log"))
    defer { bystander.stop() }
    // What the disk holds after a reboot, with the number come round to somebody else.
    let path = agent.runDirectory(number) + "/events.jsonl"
    let old = try #require(agent.events(number).first?.pid)
    let text = try String(contentsOfFile: path, encoding: .utf8)
    try text.replacing("\"pid\":\(old)", with: "\"pid\":\(bystander.pid)")
      .write(toFile: path, atomically: true, encoding: .utf8)
    #expect(agent.events(number).first?.pid == Int(bystander.pid))

    try agent.start()
    #expect(try agent.finished(number, within: 20).run.state == .interrupted)
    #expect(Processes.isAlive(bystander.pid))
  }

  @Test("a cgroup of an old run's name that another run has by now is left alone")
  func cgroupsDiffer() throws {
    var shop = try Shop("fault27", pipeline: "steps: [ 'true' ]")
    let agent = shop.agent
    try agent.start()
    let first = try shop.push()
    let second = try shop.pushNext("two")
    _ = try (agent.finished(first), agent.finished(second))
    let names = [first, second].compactMap { agent.events($0).first?.cgroup }
    // Not the process number alone.
    #expect(Set(names).count == names.count)
    for name in names { #expect(name.contains(/pushrod-run-[0-9]+-[0-9a-z]+$/), "\(name)") }
  }

  private static let canNamespace = geteuid() == 0 && (try? run(["unshare", "--pid", "--fork", "true"]).status) == 0

  @Test(
    "a runner whose number means another process here lives as long as its lock is held, and no longer",
    .enabled(if: canNamespace, "only root can make a pid namespace"))
  func namespace() throws {
    let files = try TemporaryDirectory("go")
    let shop = try Shop(
      "fault27", pipeline: "steps: [ 'while ! [ -e \(files.file("go")) ]; do sleep 0.02; done; echo done' ]")
    let agent = shop.agent
    let runner = try agent.area.program(
      "runner-in-a-namespace",
      """
      [ "$1" = probe ] && exec \(builtExecutable("pushrod-runner")) "$@"
      exec unshare --pid --fork --kill-child \(builtExecutable("pushrod-runner")) "$@"
      """)
    try agent.start(environment: ["PUSHROD_RUNNER": runner])
    let number = try shop.push()
    try agent.wait(for: .step, of: number)
    // 2 is a process of the kernel's, or of anybody; here it is the runner.
    #expect(try #require(agent.events(number).first?.pid) < 20)
    agent.kill9()
    try agent.start(environment: ["PUSHROD_RUNNER": runner])
    usleep(300_000)
    #expect(try agent.showRun(number).run.state == .running)
    try files.write("go", "")
    #expect(try agent.finished(number).run.state == .succeeded)
  }
}
