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
    guard names.count == 2 else {
      // Without cgroup v2 there is no name to take.
      print("no cgroup v2 is delegated to runners here, so there are no names to compare")
      return #expect(names.isEmpty)
    }
    // Not the process number alone.
    #expect(Set(names).count == 2)
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

  @Test(
    "what a power cut took from a workspace is made right, although every file looks as it did",
    .enabled(if: DiskImage.isPossible, "\(DiskImage.whyNot)"))
  func lostBlocks() throws {
    let line = "a line that is in the commit, and on the disk until the power goes"
    let shop = try Shop("fault27", pipeline: "steps: [ { name: show, run: cat page.html } ]")
    let agent = shop.agent
    let commit = try shop.repository.commit("page.html", String(repeating: line + "\n", count: 100))
    let disk = try DiskImage(at: agent.area.file("data/workspaces"), megabytes: 16)
    func deploy(boot: String) throws -> String {
      let id = try agent.area.write("boot-id", boot)
      try agent.start(
        wrapper: ["unshare", "--mount", "sh", "-c", "mount --bind '\(id)' \(Self.bootID); exec \"$@\"", "sh"])
      let answer = try agent.post(GitHubPush(cloneURL: shop.repository.url, after: commit))
      let number = try #require(answer.runs.first, "\(answer)")
      #expect(try agent.finished(number).run.state == .succeeded)
      #expect(agent.terminate())
      return try String(contentsOfFile: agent.runDirectory(number) + "/01-show.log", encoding: .utf8)
    }
    let first = "11111111-1111-4111-8111-111111111111"
    let whole = try deploy(boot: first)
    #expect(whole.contains(line))
    // So that the file's times are older than the memory of it.
    #expect(try deploy(boot: first) == whole)

    try disk.unmount()
    #expect(try disk.erase(line) > 90)
    try disk.mount()
    // This is what must not happen, and does where nobody has told that the machine was started anew.
    #expect(try !deploy(boot: first).contains(line))
    #expect(try deploy(boot: "22222222-2222-4222-8222-222222222222") == whole)
  }

  private static let bootID = "/proc/sys/kernel/random/boot_id"
}
