import Foundation
import Model
import RunDirectory
import TestSupport
import Testing

/// The real runner, asked to look after mirrors and workspaces.
@Suite("Upkeep")
struct UpkeepTests {
  private let folder: TemporaryDirectory
  private let area: RunArea
  private let origin: GitRepository
  private let mirror: String

  init() throws {
    folder = try TemporaryDirectory("upkeep")
    area = RunArea(root: folder.file("data"))
    origin = try GitRepository()
    mirror = area.mirror(of: try RepositoryURL(origin.url))
    try runChecked(["mkdir", "-p", area.mirrors, area.workspaces])
    try GitRepository.git(["init", "--quiet", "--bare", "--initial-branch=main", mirror], in: nil)
    try runChecked(["touch", mirror + ".lock"])
  }

  /// One more pack in the mirror for each.
  private func fetch(times: Int) throws {
    for _ in 0..<times {
      try origin.commit("file", UUID().uuidString)
      try GitRepository.git(
        ["-c", "fetch.unpackLimit=1", "fetch", "--quiet", origin.url, "+refs/heads/main:refs/heads/main"], in: mirror)
    }
  }

  private func packs() throws -> Int {
    try FileManager.default.contentsOfDirectory(atPath: mirror + "/objects/pack").count { $0.hasSuffix(".pack") }
  }

  private func request(isQuiet: Bool = true, configured: Bool = true, unused: Seconds = 1000) -> UpkeepRequest {
    UpkeepRequest(
      area: area.root, mirrors: configured ? [mirror] : [], workspaces: configured ? [area.workspace(of: "shop")] : [],
      busy: [], isQuiet: isQuiet, packs: 10, unused: unused, timeout: 60, memory: 1 << 30)
  }

  /// Starts a runner with the request on its standard input.
  private func start(_ request: UpkeepRequest) throws -> (Process, FileHandle) {
    var ends: [Int32] = [0, 0]
    try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let (ours, theirs) = (
      FileHandle(fileDescriptor: ends[0], closeOnDealloc: true),
      FileHandle(fileDescriptor: ends[1], closeOnDealloc: true)
    )
    let process = Process()
    process.executableURL = URL(fileURLWithPath: builtExecutable("pushrod-runner"))
    process.standardInput = theirs
    process.standardError = FileHandle.nullDevice
    try process.run()
    try theirs.close()
    try ours.write(contentsOf: try JSON.encoder().encode(Handover(upkeep: request)) + Data("\n".utf8))
    return (process, ours)
  }

  private func ask(_ request: UpkeepRequest) throws -> UpkeepAnswer {
    let (process, line) = try start(request)
    let answer = try line.readToEnd() ?? Data()
    process.waitUntilExit()
    return try JSON.decoder().decode(UpkeepAnswer.self, from: answer)
  }

  @Test("repacks a mirror with many packs, not one with few, and tells how many there were")
  func repacks() throws {
    try fetch(times: 9)
    #expect(try ask(request()).repacked == [])
    #expect(try packs() == 9)
    try fetch(times: 3)
    let answer = try ask(request())
    #expect(answer.failures == [])
    #expect(answer.repacked.map(\.mirror) == [mirror])
    #expect(answer.repacked.first?.packsBefore == 12)
    #expect(answer.repacked.first?.packsAfter == 1)
    #expect(answer.repacked.first.map { $0.bytesAfter < $0.bytesBefore } == true)
    try GitRepository.git(["fsck", "--strict"], in: mirror)
    try fetch(times: 1)
    #expect(try packs() == 2)
  }

  @Test("leaves mirrors alone that runs use, or may use, or that somebody keeps as they are")
  func leavesAlone() throws {
    try fetch(times: 12)
    var busy = request()
    busy.busy = [mirror]
    #expect(try ask(busy).repacked == [])
    #expect(try ask(request(isQuiet: false, configured: false)).repacked == [])
    try Data().write(to: URL(fileURLWithPath: mirror + "/objects/pack/pack-1.keep"))
    #expect(try ask(request()).repacked == [])
    #expect(try packs() == 12)
  }

  @Test("killed with -9 at forty moments, a mirror stays whole every time")
  func killed() throws {
    var random = SeededGenerator(seed: 20_261_125)
    try fetch(times: 12)
    for round in 0..<40 {
      if try packs() < 12 { try fetch(times: 12) }
      let (process, line) = try start(request())
      usleep(UInt32.random(in: 0..<60_000, using: &random))
      kill(process.processIdentifier, SIGKILL)
      // What the killed one was the guardian of ends as well, which resets the connection or closes it.
      _ = try? line.readToEnd()
      process.waitUntilExit()
      let check = try run(["git", "fsck", "--strict", "--full"], in: mirror, env: GitRepository.environment)
      #expect(check.status == 0, "round \(round): \(check.errorOutput)")
      #expect(try packs() > 0)
      #expect(
        try GitRepository.git(["rev-list", "--count", "--objects", "main"], in: mirror)
          == GitRepository.git(["rev-list", "--count", "--objects", "main"], in: origin.path), "round \(round)")
    }
    try fetch(times: 12)
    #expect(try ask(request()).repacked.first?.packsAfter == 1)
    #expect(!FileManager.default.fileExists(atPath: mirror + "/repack"))
  }

  @Test("removes workspaces and mirrors that no pipeline is configured for, once they were not used for long")
  func removes() throws {
    try fetch(times: 1)
    let outside = try TemporaryDirectory("outside")
    try outside.write("file", "keep me")
    for name in ["shop", "old", "young"] {
      try folder.write("data/workspaces/\(name)/file", "1")
      try folder.write("data/workspaces/\(name).lock", "")
      try FileManager.default.createSymbolicLink(
        atPath: folder.file("data/workspaces/\(name)/link"), withDestinationPath: outside.path)
    }
    for path in ["workspaces/shop.lock", "workspaces/old.lock"] {
      try runChecked(["touch", "--date=@1000", folder.file("data/\(path)")])
    }
    try runChecked(["touch", "--date=@1000", mirror + ".lock", mirror + "/objects/pack"])
    let kept = try ask(request())
    #expect(kept.removed == [area.workspace(of: "old")])
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: area.workspaces).sorted().filter { !$0.hasSuffix(".lock") }
        == ["shop", "young"])
    #expect(try outside.read("file") == "keep me")

    // A lock that a run holds keeps the workspace, and a run that is under way the mirror.
    let holder = try ServerProcess(
      ["flock", area.workspace(of: "shop") + ".lock", "sleep", "100"], output: folder.file("flock.log"))
    while try run(["flock", "--nonblock", area.workspace(of: "shop") + ".lock", "true"]).status == 0 { usleep(5_000) }
    try runChecked(["touch", "--date=@1000", area.workspace(of: "shop") + ".lock"])
    #expect(try ask(request(isQuiet: false, configured: false)).removed == [])
    holder.stop()
    #expect(
      try ask(request(configured: false)).removed.sorted() == [mirror, area.workspace(of: "shop")].sorted())
    #expect(!FileManager.default.fileExists(atPath: mirror))
  }

  @Test("is refused for paths that are not plain, and done by one process at a time")
  func refused() throws {
    var wrong = request()
    wrong.workspaces = ["/a/../b"]
    let (process, line) = try start(wrong)
    #expect(try (line.readToEnd() ?? Data()).isEmpty)
    process.waitUntilExit()
    #expect(process.terminationStatus == 1)
    let holder = try ServerProcess(
      ["flock", area.mirrors + "/.upkeep", "sleep", "100"], output: folder.file("flock.log"))
    while try run(["flock", "--nonblock", area.mirrors + "/.upkeep", "true"]).status == 0 { usleep(5_000) }
    #expect(throws: (any Error).self) { try ask(request()) }
    holder.stop()
    #expect(try ask(request()).failures == [])
  }
}
