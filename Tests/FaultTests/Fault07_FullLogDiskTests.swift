import EndToEndSupport
import Foundation
import Model
import TestSupport
import Testing

@Suite(
  "Fault 7: the disk of run directories is full",
  .enabled(if: SmallDisk.isPossible, Comment(rawValue: SmallDisk.whyNot)))
struct Fault07_FullLogDiskTests {
  /// An agent whose run directories lie on a small disk, with a pipeline of one script.
  private final class Scene {
    let agent: AgentUnderTest
    let disk: SmallDisk
    let area: TemporaryDirectory
    let push: GitHubPush
    private let repository: GitRepository

    init(_ name: String, _ options: String, script: (TemporaryDirectory) -> String) throws {
      area = try TemporaryDirectory(name)
      repository = try GitRepository()
      try repository.write("index.html", "one")
      push = GitHubPush(cloneURL: repository.url, after: try repository.commit("One"))
      agent = try AgentUnderTest(
        pipelines: [
          "shop.yml": """
          name: shop
          repo: \(repository.url)
          on: { push: { branches: [main] } }
          steps:
            - name: talk
              run: |
                \(script(area))
          """
        ],
        // Runs begin however little room there is: the mark that would hold them has a test of its own.
        settings: "runs: { data: logs }\nlimits: { disk: { warn: 0, stop: 0 } }", name: name)
      disk = try SmallDisk(at: agent.area.file("logs"), options)
      try agent.start()
    }

    deinit {
      agent.kill9()
      disk.unmount()
    }

    func run() throws -> Run {
      let answer = try agent.post(push)
      #expect(answer.status == 202, "the store has room, so no delivery is refused")
      return try agent.finished(try #require(answer.runs.first)).run
    }
  }

  @Test("a step whose log finds no room fails with that reason, and the next run is well when there is room")
  func logFillsTheDisk() throws {
    let scene = try Scene("fault7-logs", "size=12m") { area in
      "if [ -e \(area.file("flood")) ]; then head -c 60000000 /dev/zero; else echo well; fi"
    }
    #expect(try scene.run().state == .succeeded)
    try scene.area.write("flood", "")

    let full = try scene.run()

    #expect(full.state == .failed, "\(full)")
    #expect(full.reason?.contains("the log could not be written") == true, "\(full.reason ?? "")")
    #expect(full.reason?.contains("No space left on device") == true)
    #expect(full.failedStep == "talk")
    // The disk is full now, and what comes is told so.
    let next = try scene.run()
    #expect(next.state == .failed)
    #expect(next.reason?.contains("No space left on device") == true, "\(next.reason ?? "")")
    try FileManager.default.removeItem(atPath: scene.area.file("flood"))
    try FileManager.default.removeItem(atPath: scene.agent.area.file("logs/runs/\(full.number)"))
    let after = try scene.run()
    #expect(after.state == .succeeded, "\(after.reason ?? "")")
  }

  @Test("a run on a disk that was full before it began fails with the cause")
  func fullBefore() throws {
    let scene = try Scene("fault7-before", "size=12m") { _ in "echo well" }
    #expect(try scene.run().state == .succeeded)
    try scene.disk.fill()

    let full = try scene.run()

    #expect(full.state == .failed)
    #expect(full.reason?.contains("No space left on device") == true, "\(full.reason ?? "")")
    try scene.disk.empty()
    #expect(try scene.run().state == .succeeded)
  }

  @Test("where no more files can be made, a run fails with the cause, at whichever file it was")
  func inodesOut() throws {
    let scene = try Scene("fault7-inodes", "size=12m,nr_inodes=2k") { _ in "echo well" }
    #expect(try scene.run().state == .succeeded)
    let folder = scene.agent.area.file("logs/names")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    var made: [String] = []
    while FileManager.default.createFile(atPath: "\(folder)/\(made.count)", contents: nil) {
      made.append("\(folder)/\(made.count)")
    }
    for room in 0...9 {
      for path in made.suffix(room) { unlink(path) }
      let run = try scene.run()
      #expect(run.state != .succeeded || room > 6, "with room for \(room) files: \(run.state)")
      if run.state != .succeeded {
        #expect(run.state == .failed, "with room for \(room) files")
        #expect(run.reason?.contains("No space left on device") == true, "\(room): \(run.reason ?? "")")
      }
      try? FileManager.default.removeItem(atPath: scene.agent.area.file("logs/runs/\(run.number)"))
      for path in made.suffix(room) { _ = FileManager.default.createFile(atPath: path, contents: nil) }
    }
    try FileManager.default.removeItem(atPath: folder)
    #expect(try scene.run().state == .succeeded)
  }
}
