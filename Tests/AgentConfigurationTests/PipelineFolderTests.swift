import FoundationEssentials
import Model
import Pipelines
import TestSupport
import Testing

@testable import AgentConfiguration

@Suite struct PipelineFolderTests {
  private let folder: TemporaryDirectory

  init() throws { folder = try TemporaryDirectory("pipelines") }

  private func write(_ file: String, _ lines: String = "") throws {
    try folder.write(file, "repo: https://github.com/acme/shop\non: push\nsteps: [make]\n\(lines)")
  }

  @Test("pipelines come in the order of their files; other files are left alone")
  func order() throws {
    try write("b.yml")
    try write("a.yaml")
    try write("c.yml", "name: zero\n")
    try folder.write("README.md", "no pipeline")
    try folder.write(".hidden.yml", "no pipeline")
    try folder.write("old.yml.bak", "no pipeline")
    #expect(try PipelineFolder.load(folder.path, secrets: [], sources: []).map(\.name) == ["a", "b", "zero"])
  }

  @Test("files that may have been meant as pipelines are told apart from texts, backups, folders and what is hidden")
  func passedOver() throws {
    let usual = ["a.yml", "b.yaml", "README", "README.txt", "a.md", "a.yml.bak", "a.yml~", ".a.txt", "common/node.txt"]
    for name in usual { try folder.write(name, "") }
    #expect(PipelineFolder.otherFiles(in: folder.path).isEmpty)
    for name in ["web.YML", "api.txt", "shop"] { try folder.write(name, "") }
    let others = ["api.txt", "shop", "web.YML"].map { folder.file($0) }
    #expect(PipelineFolder.otherFiles(in: folder.path) == others)
    #expect(PipelineFolder.otherFiles(in: folder.file("nope")).isEmpty)
  }

  @Test("the mistakes of all files are told at once")
  func allFiles() throws {
    try write("a.yml", "timeot: 3\n")
    try write("b.yml")
    try write("c.yml", "secrets: [TOKN]\n")
    do {
      _ = try PipelineFolder.load(folder.path, secrets: ["TOKEN"], sources: [])
      Issue.record("was accepted")
    } catch {
      #expect(error.all.map(\.file) == [folder.file("a.yml"), folder.file("c.yml")])
      #expect(error.all.map(\.message) == ["unknown key `timeot`", "secret `TOKN` is not configured"])
    }
  }

  @Test("a pipeline listens to a source that is configured")
  func sources() throws {
    try folder.write(
      "a.yml", "repo: https://github.com/acme/shop\non: {webhook: {source: strpe}}\nsteps: [make]\n")
    do {
      _ = try PipelineFolder.load(folder.path, secrets: [], sources: ["github", "stripe"])
      Issue.record("was accepted")
    } catch {
      #expect(error.all.map(\.message) == ["source `strpe` is not configured"])
      #expect(error.all.map(\.suggestion) == ["did you mean `stripe`?"])
    }
    #expect(try PipelineFolder.load(folder.path, secrets: [], sources: ["strpe"]).count == 1)
  }

  @Test("two files cannot hold pipelines of one name")
  func duplicateNames() throws {
    try write("a.yml")
    try write("b.yml", "name: a\n")
    do {
      _ = try PipelineFolder.load(folder.path, secrets: [], sources: [])
      Issue.record("was accepted")
    } catch {
      #expect(error.all.count == 1)
      #expect(error.all[0].file == folder.file("b.yml"))
      #expect(error.all[0].message == "the pipeline is named `a`, like the one in \(folder.file("a.yml"))")
    }
  }

  @Test("an empty folder is no mistake, a missing one is")
  func missing() throws {
    #expect(try PipelineFolder.load(folder.path, secrets: [], sources: []).isEmpty)
    do {
      _ = try PipelineFolder.load(folder.file("nope"), secrets: [], sources: [])
      Issue.record("was accepted")
    } catch {
      #expect(error.all[0].message == "the folder of the pipelines does not exist")
      #expect(error.all[0].suggestion == "create it: mkdir -p \(folder.file("nope"))")
    }
  }

  @Test("a folder in place of a file is refused")
  func notAFile() throws {
    try FileManager.default.createDirectory(atPath: folder.file("x.yml"), withIntermediateDirectories: true)
    do {
      _ = try PipelineFolder.load(folder.path, secrets: [], sources: [])
      Issue.record("was accepted")
    } catch {
      #expect(error.all[0].message == "the pipeline file is not a regular file")
    }
  }

  @Test("the fingerprint moves with every change and with nothing else")
  func fingerprint() throws {
    try write("a.yml")
    try folder.write("pushrod.yml.d/pushrod.yml", "x")
    let configuration = folder.file("pushrod.yml.d/pushrod.yml")
    func now() -> FolderFingerprint { FolderFingerprint(folder: folder.path, files: [configuration]) }
    var seen = [now()]
    #expect(now() == seen[0])
    try folder.write("README.md", "not a pipeline")
    #expect(now() == seen[0])
    try write("b.yml")
    seen.append(now())
    try write("b.yml", "timeout: 5\n")
    seen.append(now())
    // Same name, same size: another file moved into its place, as editors do.
    try write("c.tmp", "timeout: 6\n")
    try FileManager.default.removeItem(atPath: folder.file("b.yml"))
    try FileManager.default.moveItem(atPath: folder.file("c.tmp"), toPath: folder.file("b.yml"))
    seen.append(now())
    try FileManager.default.removeItem(atPath: folder.file("b.yml"))
    try folder.write("pushrod.yml.d/pushrod.yml", "xy")
    seen.append(now())
    try FileManager.default.removeItem(atPath: configuration)
    seen.append(now())
    #expect(Set(seen).count == seen.count)
  }
}
