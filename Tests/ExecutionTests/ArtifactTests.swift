import Foundation
import Model
import RunDirectory
import TestSupport
import Testing

@Suite("A step's artifacts")
struct ArtifactTests {
  private func step(_ name: String, _ patterns: [String], _ script: String, allow: Bool = false) -> Step {
    var step = Step(name: name, run: script, allowFailure: allow)
    step.artifacts = patterns
    return step
  }

  private func paths(_ run: RunRecordRead) -> [String] { run.directory.artifacts.list().map(\.path) }

  private func text(_ run: RunRecordRead, _ path: String) throws -> String {
    let file = try #require(run.directory.artifacts.open(path))
    return String(decoding: file.read(at: 0, limit: 1 << 20), as: UTF8.self)
  }

  @Test("what matches is kept with the run, under its path, also when the step failed")
  func kept() throws {
    let fixture = try RunFixture()
    let run = try fixture.run(
      RunFixture.Order(steps: [
        step(
          "one", ["dist", "*.log", "!dist/secret*"],
          "mkdir -p dist/js; echo 1 > dist/js/a.js; echo 2 > dist/secret.txt; echo 3 > x.log; echo 4 > y.txt; printf 'no line end'"
        ),
        step(
          "two", ["reports/**/*.xml", "x.log"],
          "mkdir -p reports/deep/er; echo 5 > reports/deep/er/r.xml; echo 6 > reports/r.xml; echo 7 > x.log; exit 3"),
      ]))
    #expect(run.end?.runState == .failed)
    #expect(paths(run) == ["dist/js/a.js", "reports/deep/er/r.xml", "reports/r.xml", "x.log"])
    #expect(try text(run, "x.log") == "7\n")
    #expect(try text(run, "dist/js/a.js") == "1\n")
    #expect(try run.log(1) == "no line end\nartifacts: kept 2 files, 4 B\n")
    #expect(try run.log(2).contains("artifacts: kept 3 files"))
    #expect(run.finished(2)?.exitCode == 3)
  }

  @Test("what cannot be kept is told, with how many there were")
  func leftOut() throws {
    let run = try RunFixture().run(
      RunFixture.Order(steps: [
        step(
          "one", ["o"],
          "mkdir -p o/x; echo 1 > o/ok; mkfifo o/p o/x/p; : > \"o/$(printf '\\377').txt\"; mkfifo elsewhere")
      ]))
    #expect(paths(run) == ["o/ok"])
    let log = try run.log(1)
    #expect(log.contains("artifacts: left out 2 pipes, sockets or devices\n"), "\(log)")
    #expect(log.contains("artifacts: left out 1 file whose name is not UTF-8\n"), "\(log)")
  }

  @Test("a file with a secret in its name is not kept, since listings would show it")
  func secretName() throws {
    let run = try RunFixture().run(
      RunFixture.Order(
        steps: [step("one", ["o"], "mkdir o; echo 1 > \"o/$TOKEN.txt\"; echo 2 > o/ok")],
        secrets: ["TOKEN": "canary-5512"]))
    #expect(paths(run) == ["o/ok"])
    #expect(try run.log(1).hasPrefix("artifacts: left out 1 file with a secret in the name\n"))
  }

  @Test("no link is followed, out of the workspace or out of the run directory")
  func links() throws {
    let fixture = try RunFixture()
    let outside = try TemporaryDirectory("outside")
    try outside.write("secret", "of somebody else")
    let run = try fixture.run(
      RunFixture.Order(steps: [
        step(
          "one", ["out/**", "linked"],
          "mkdir out; echo 1 > out/a; ln -s \(outside.file("secret")) out/b; ln -s \(outside.path) linked; ln -s \(outside.path) out/c"
        ),
        step(
          "two", ["out/a"],
          "rm -rf \"$(dirname \"$PUSHROD_MESSAGE_FILE\")/artifacts\"; ln -s \(outside.path) \"$(dirname \"$PUSHROD_MESSAGE_FILE\")/artifacts\"",
          allow: true),
      ]))
    #expect(try run.log(1).contains("artifacts: left out 3 symbolic links"))
    #expect(try run.log(2).contains("artifacts: not kept: artifacts is no folder, or a link"))
    #expect(paths(run) == [])
    #expect(run.directory.artifacts.open("secret") == nil)
    #expect(try FileManager.default.contentsOfDirectory(atPath: outside.path) == ["secret"])
    #expect(run.end?.runState == .succeeded)
  }

  @Test("a run keeps a thousand files and a gigabyte, and says what it does not keep")
  func limits() throws {
    let fixture = try RunFixture()
    let run = try fixture.run(
      RunFixture.Order(steps: [
        step("one", ["many"], "mkdir many; i=0; while [ $i -lt 995 ]; do : > many/$i; i=$((i+1)); done"),
        step("two", ["more"], "mkdir more; for i in a b c d e f g; do : > more/$i; done"),
        step("three", ["many/1"], "echo new > many/1"),
        step("four", ["many/2"], "truncate --size 2G many/2"),
        step("five", ["none*"], "true"),
      ]))
    #expect(paths(run).count == 1000)
    #expect(try run.log(2).contains("artifacts: a run keeps 1000 files at most; 2 of this step are not kept"))
    #expect(try text(run, "many/1") == "new\n")
    #expect(try run.log(4).contains("artifacts: many/2 is not kept: a run keeps 1.0 GiB at most"))
    #expect(try run.log(5) == "artifacts: no file matches none*\n")
    #expect(run.end?.runState == .succeeded)
  }

  @Test(
    "a path leads nowhere else",
    arguments: ["../spec.json", "/etc/passwd", "a/../../spec.json", "", ".", "a//b", "a/", "./a"])
  func odd(path: String) throws {
    let fixture = try RunFixture()
    let run = try fixture.run(RunFixture.Order(steps: [step("one", ["a"], "rm -f a.txt; echo 1 > a")]))
    #expect(run.directory.artifacts.open(path) == nil)
    #expect(run.directory.artifacts.open("a") != nil)
  }
}
