import Foundation
import Model
import RunDirectory
import TestSupport
import Testing

@testable import Execution

@Suite("A step's caches")
struct CacheTests {
  private func order(
    _ fixture: RunFixture, _ caches: [Cache], size: Int = 1 << 30, _ script: String, allow: Bool = false
  ) -> RunFixture.Order {
    var step = Step(name: "build", run: script, allowFailure: allow)
    step.cache = caches
    return RunFixture.Order(
      steps: [step], change: { $0.caches = CacheArea(folder: fixture.area.caches, size: size) })
  }

  private static let modules = [Cache(key: ["a.txt"], paths: ["node_modules"])]
  private static let fill =
    "mkdir -p node_modules/bin; echo 1 > node_modules/one; ln -s ../one node_modules/bin/l; printf x > node_modules/run; chmod 750 node_modules/run; touch -d 2001-02-03T04:05:06Z node_modules/one"

  private func entries(_ fixture: RunFixture) -> [String] {
    let found = FileManager.default.subpaths(atPath: fixture.area.caches) ?? []
    return found.filter { $0.hasSuffix("/about") }.map { String($0.dropLast(6)) }.sorted()
  }

  @Test("what a step left is there for the next run: files, links, modes and times")
  func roundTrip() throws {
    let fixture = try RunFixture()
    let first = try fixture.run(order(fixture, Self.modules, "ls node_modules 2>/dev/null || true; " + Self.fill))
    #expect(try first.log(1).hasPrefix("cache: nothing kept for key "))
    #expect(try first.log(1).contains("\ncache: kept key "))
    let look =
      "cat node_modules/bin/l; readlink node_modules/bin/l; stat -c '%a %Y' node_modules/run node_modules/one; echo mine >> node_modules/one"
    let second = try fixture.run(order(fixture, Self.modules, look))
    let log = try second.log(1)
    #expect(log.hasPrefix("cache: found key "), "\(log)")
    #expect(log.contains("1\n../one\n750 "))
    #expect(log.contains("644 981173106\n"))
    #expect(!log.contains("cache: kept"))
    // What a step does to its copy is not done to the cache.
    #expect(try fixture.run(order(fixture, Self.modules, "cat node_modules/one")).log(1).hasSuffix("\n1\n"))
  }

  @Test("another key file, another path and another repository are other caches")
  func keys() throws {
    let fixture = try RunFixture()
    _ = try fixture.run(order(fixture, Self.modules, Self.fill))
    try fixture.repository.commit("a.txt", "two\n")
    #expect(
      try fixture.run(order(fixture, Self.modules, "mkdir node_modules; echo 2 > node_modules/one")).log(1).contains(
        "nothing kept"))
    #expect(entries(fixture).count == 2)
    try fixture.repository.commit("a.txt", "one\n")
    #expect(try fixture.run(order(fixture, Self.modules, "cat node_modules/one")).log(1).hasSuffix("\n1\n"))
    let wider = [Cache(key: ["a.txt", "web/*.html"], paths: ["node_modules"])]
    #expect(try fixture.run(order(fixture, wider, "true")).log(1).contains("nothing kept"))
    let other = [Cache(key: ["a.txt"], paths: ["node_modules", "other"])]
    #expect(
      try fixture.run(order(fixture, other, "mkdir other")).log(1).contains("not there, and so not kept: node_modules"))
    let two = Self.modules + [Cache(key: ["a.txt"], paths: ["x"])]
    #expect(try fixture.run(order(fixture, two, "touch x; ls node_modules")).log(1).contains("bin\none\nrun\n"))
  }

  @Test("a step that fails keeps nothing, and a cache that cannot be used or kept fails no step")
  func failures() throws {
    let fixture = try RunFixture()
    let failed = try fixture.run(order(fixture, Self.modules, Self.fill + "; exit 3"))
    #expect(failed.end?.runState == .failed)
    #expect(entries(fixture) == [])
    func log(_ caches: [Cache], size: Int = 1 << 30, _ script: String) throws -> String {
      let run = try fixture.run(order(fixture, caches, size: size, script))
      #expect(run.end?.runState == .succeeded)
      return try run.log(1)
    }
    #expect(
      try log([Cache(key: ["nope*"], paths: ["x"])], "touch x").contains("not used: no file matches its key (nope*)"))
    #expect(try log(Self.modules, "true").contains("not kept: none of its paths is there"))
    #expect(
      try log(Self.modules, size: 1000, "mkdir node_modules; head -c 2000 /dev/zero > node_modules/z").contains(
        "not kept: it is larger than"))
    #expect(
      try log(Self.modules, "mkdir -p node_modules/d; mkfifo node_modules/d/p").contains(
        "left out 1 sockets, pipes and devices"))
    try FileManager.default.removeItem(atPath: fixture.area.caches)
    try "".write(toFile: fixture.area.caches, atomically: true, encoding: .utf8)
    #expect(try log(Self.modules, Self.fill).contains("not kept: cannot open"))
    #expect(entries(fixture) == [])
  }

  @Test("nothing is written or read through a link")
  func links() throws {
    let fixture = try RunFixture()
    let outside = try TemporaryDirectory("outside")
    try outside.write("precious/file", "keep me")
    let deep = [Cache(key: ["a.txt"], paths: ["deep/node_modules"])]
    _ = try fixture.run(order(fixture, deep, "mkdir -p deep/node_modules; echo cached > deep/node_modules/file"))
    // The folder above is a link in the next commit: the cache must not land where it leads.
    try FileManager.default.createSymbolicLink(
      atPath: fixture.repository.path + "/deep", withDestinationPath: outside.file("precious"))
    try fixture.repository.commit("a link")
    let run = try fixture.run(order(fixture, deep, "ls deep/"))
    #expect(try run.log(1).contains("not used: deep is no folder, or a link"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: outside.file("precious")) == ["file"])
    // A path that is a link itself is kept as one, and taken back as one.
    let itself = [Cache(key: ["a.txt"], paths: ["linked"])]
    _ = try fixture.run(order(fixture, itself, "ln -s \(outside.file("precious")) linked"))
    let back = try fixture.run(order(fixture, itself, "readlink linked; rm linked; mkdir linked"))
    #expect(try back.log(1).hasSuffix("\n\(outside.file("precious"))\n"))
    #expect(try outside.read("precious/file") == "keep me")
  }

  @Test("what was used least recently goes when there is no room")
  func room() throws {
    let fixture = try RunFixture()
    func run(_ name: String, _ script: String) throws -> String {
      try fixture.run(
        order(fixture, [Cache(key: ["a.txt"], paths: [name])], size: 250_000, script)
      ).log(1)
    }
    for name in ["one", "two"] { _ = try run(name, "head -c 100000 /dev/zero > \(name)") }
    #expect(entries(fixture).count == 2)
    usleep(20_000)
    #expect(try run("one", "true").contains("found key"))
    _ = try run("three", "head -c 100000 /dev/zero > three")
    #expect(entries(fixture).count == 2)
    #expect(try run("one", "true").contains("found key"))
    #expect(try run("two", "true").contains("nothing kept"))
  }

  @Test("a key is the same for the same files, and SHA-256 is that of the others")
  func hash() throws {
    for count in [0, 1, 55, 56, 63, 64, 65, 119, 120, 1000] {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
      var hash = SHA256()
      for byte in bytes { hash.update([byte]) }
      #expect(hash.finish() == String(try runChecked(["sha256sum"], input: bytes).prefix(64)))
    }
  }

  @Test("two who keep the same key at once, one killed in between: the entry is whole, and nothing else stays")
  func races() throws {
    let fixture = try RunFixture()
    let store = CacheStore(folder: fixture.area.caches, limit: 1 << 30)
    try FileManager.default.createDirectory(atPath: fixture.area.root, withIntermediateDirectories: true)
    func put(_ text: String, _ target: Descriptor) {
      let file = openat(target.raw, "0", O_WRONLY | O_CREAT, 0o600)
      let bytes = Array(text.utf8)
      _ = write(file, bytes, bytes.count)
      close(file)
    }
    let outer = try store.add("k1", of: "r") { (target) throws(KeepingFailure) in
      put("outer", target)
      // Another one, all of it, meanwhile: its look for leftovers must not take this one.
      let inner = try store.add("k2", of: "r") { (inner) throws(KeepingFailure) in
        put("inner", inner)
        return 5
      }
      #expect(inner)
      return 5
    }
    #expect(outer)
    #expect(try store.add("k1", of: "r") { _ in 0 } == false)
    // What a killed process left goes with the next one; what lives stays.
    let folder = fixture.area.caches + "/r/.new-999999-dead"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    _ = FileManager.default.createFile(atPath: folder + "/about", contents: nil)
    _ = try store.add("k3", of: "r") { _ in 0 }
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: fixture.area.caches + "/r").sorted() == ["k1", "k2", "k3"])
    #expect(try String(contentsOfFile: fixture.area.caches + "/r/k1/0", encoding: .utf8) == "outer")
    // Who copies from an entry keeps it.
    let held = try #require(store.find("k1", of: "r"))
    CacheStore(folder: fixture.area.caches, limit: 0).tidy(try OpenTree.top(fixture.area.caches))
    #expect(try FileManager.default.contentsOfDirectory(atPath: fixture.area.caches + "/r") == ["k1"])
    _ = held.folder
  }
}
