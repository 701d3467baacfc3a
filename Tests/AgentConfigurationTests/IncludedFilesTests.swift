import AgentConfiguration
import Model
import Pipelines
import TestSupport
import Testing

/// Steps that pipelines share, in real folders.
@Suite struct IncludedFilesTests {
  private let folder: TemporaryDirectory

  init() throws {
    folder = try TemporaryDirectory("include")
    try folder.write("common/node.yml", "steps:\n  - npm ci\n  - {name: test, run: npm test}\n")
  }

  private func steps(_ steps: String) throws -> [Step] {
    try folder.write("shop.yml", "repo: https://github.com/acme/shop.git\non: push\nsteps: \(steps)\n")
    return try PipelineFolder.load(file: folder.file("shop.yml"), secrets: nil, sources: nil).steps
  }

  private func mistake(_ steps: String) -> Diagnostic? {
    do {
      _ = try self.steps(steps)
      return nil
    } catch let mistakes as Diagnostics {
      return mistakes.all.first
    } catch {
      return nil
    }
  }

  @Test("the steps of an included file stand where it is included")
  func included() throws {
    let read = try steps("[make, {include: common/node.yml}, {name: live, run: make deploy}]")
    #expect(read.map(\.run) == ["make", "npm ci", "npm test", "make deploy"])
    #expect(read.map(\.name) == ["make", "npm ci", "test", "live"])
  }

  @Test("a mistake in an included file is told under its own name, with its place")
  func mistakes() throws {
    try folder.write("common/node.yml", "steps:\n  - {run: npm ci, timout: 4}\n")
    let found = mistake("[{include: common/node.yml}]")
    #expect(found?.file == folder.file("common/node.yml"))
    #expect(found?.line == 2)
    #expect(found?.message == "unknown key `timout` in `steps[1]`")
  }

  @Test("one name for two steps is a mistake across files too, and says where the other stands")
  func names() {
    let found = mistake("[{include: common/node.yml}, {name: test, run: make test}]")
    #expect(found?.message == "two steps are named `test`; the first is in line 3 of \(folder.file("common/node.yml"))")
  }

  @Test("one file included twice is told where it is included again, where its steps have names")
  func twice() throws {
    let found = mistake("[{include: common/node.yml}, make, {include: common/node.yml}]")
    #expect(found?.file == folder.file("shop.yml") && found?.line == 3 && found?.column == 53)
    #expect(
      found?.message
        == "\(folder.file("common/node.yml")) is included in line 3 already, and a step is named in it (`test`), which can be there once"
    )
    try folder.write("common/node.yml", "steps: [npm ci]\n")
    #expect(
      try steps("[{include: common/node.yml}, {include: common/node.yml}]").map(\.name) == ["npm ci", "npm ci (2)"])
  }

  @Test(
    "what cannot be included is refused where it is named",
    arguments: [
      ("common/gone.yml", "does not exist beside this one"), ("shop.yml", "lies among the pipelines"),
      ("../common/node.yml", "without `..`"), ("/etc/passwd", "a relative path"),
      ("common/out.yml", "leads out of the folder of the pipelines"), ("common", "lies among the pipelines"),
      ("common/folder.yml", "is not a regular file"), ("common/again.yml", "cannot include another one"),
      ("common/empty.yml", "nothing to include"), ("common/a/b/deep.yml", "at most two deep"),
      ("common/node.txt", "is no `*.yml` file"), (".common/node.yml", "not hidden"),
    ])
  func refused(path: String, words: String) throws {
    let outside = try TemporaryDirectory("outside")
    try outside.write("node.yml", "steps: [x]\n")
    try runChecked(["ln", "-s", outside.file("node.yml"), folder.file("common/out.yml")])
    try runChecked(["mkdir", folder.file("common/folder.yml")])
    try folder.write("common/again.yml", "steps:\n  - include: common/node.yml\n")
    try folder.write("common/empty.yml", "{}\n")
    for path in ["common/a/b/deep.yml", "common/node.txt", ".common/node.yml"] {
      try folder.write(path, "steps: [x]\n")
    }
    let found = mistake("[{include: \(path)}]")
    #expect(found?.message.contains(words) == true, "\(String(describing: found))")
  }

  @Test("included steps count for the bound on how many")
  func bound() throws {
    try folder.write("common/node.yml", "steps: [" + Array(repeating: "x", count: 130).joined(separator: ",") + "]\n")
    let found = mistake("[{include: common/node.yml}, {include: common/node.yml}]")
    #expect(found?.message == "`steps` has 260 items with those that are included; at most 256 are allowed")
  }

  @Test("a change of an included file is a change of the folder")
  func fingerprint() throws {
    let before = FolderFingerprint(folder: folder.path)
    #expect(FolderFingerprint(folder: folder.path) == before)
    try folder.write("common/node.yml", "steps: [npm install]\n")
    #expect(FolderFingerprint(folder: folder.path) != before)
  }
}
