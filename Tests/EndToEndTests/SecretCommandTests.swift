import EndToEndSupport
import Foundation
import Model
import TestSupport
import Testing

/// `pushrod secret`, from the command to a step that finds the value.
@Suite("pushrod secret")
struct SecretCommandTests {
  private static func pipeline(_ name: String, _ repository: GitRepository, secrets: String) -> String {
    """
    name: \(name)
    repo: file://\(repository.path)
    on: { push: { branches: [main] }, manual: true }
    \(secrets)
    steps:
      - run: env | grep -c ^TOKEN= || true
      - run: printf '%s' "${TOKEN-none}" | sha256sum
    """
  }

  private func set(_ agent: AgentUnderTest, _ name: String, _ value: String) throws -> CommandResult {
    try run(
      [builtExecutable("pushrod"), "secret", "set", name, "--config", agent.configuration], input: Array(value.utf8))
  }

  @Test("a stored secret reaches the pipeline that names it, at once, and no other")
  func reaches() throws {
    let repository = try GitRepository()
    try repository.write("a", "1\n")
    try repository.commit("one")
    let agent = try AgentUnderTest(
      pipelines: ["plain.yml": Self.pipeline("plain", repository, secrets: "env: {A: b}")], name: "secret")
    try agent.start()
    let first = try set(agent, "TOKEN", "first-value\n")
    #expect(
      first.status == 0 && first.output == "secret TOKEN stored, and the agent has taken it", "\(first.errorOutput)")
    // The pipeline that names it comes after the secret is known.
    try agent.area.write("pipelines/shop.yml", Self.pipeline("shop", repository, secrets: "secrets: [TOKEN]"))
    #expect(try agent.pushrod("reload").status == 0)
    func log(of pipeline: String) throws -> String {
      let ran = try agent.pushrod("run", pipeline)
      #expect(ran.status == 0, "\(ran.output)\(ran.errorOutput)")
      return ran.output
    }
    let sum = try runChecked(["sha256sum"], input: Array("first-value".utf8)).prefix(64)
    #expect(try log(of: "shop").contains(sum))
    let other = try log(of: "plain")
    #expect(!other.contains(sum))
    let none = try runChecked(["sha256sum"], input: Array("none".utf8)).prefix(64)
    #expect(other.contains(none))
    // Changed: the next run has it, without anybody's doing.
    #expect(try set(agent, "TOKEN", "second-value").output == "secret TOKEN replaced, and the agent has taken it")
    let second = try runChecked(["sha256sum"], input: Array("second-value".utf8)).prefix(64)
    #expect(try log(of: "shop").contains(second))
    let kept = try agent.pushrod("secret", "rm", "TOKEN", "--config", agent.configuration)
    #expect(kept.status == 1)
    #expect(
      kept.errorOutput.contains("pipelines/shop.yml names `TOKEN`; take it out there first"), "\(kept.errorOutput)")
    #expect(FileManager.default.fileExists(atPath: agent.area.file("secrets.d/TOKEN")))
    let gone = try agent.pushrod("secret", "rm", "TOKEN", "--force", "--config", agent.configuration)
    #expect(gone.status == 1)
    #expect(
      gone.errorOutput.contains("secret TOKEN removed, but the agent goes on with what it had"), "\(gone.errorOutput)")
    #expect(gone.errorOutput.contains("`TOKEN` is not configured"))
  }

  @Test("the folder and its files are for their owner alone, and nothing is left of what is refused")
  func files() throws {
    let agent = try AgentUnderTest(pipelines: [:], settings: "secrets: { GIVEN: { file: github.secret } }")
    let stored = try set(agent, "TOKEN", "a value of mine\n")
    #expect(stored.status == 0, "\(stored.errorOutput)")
    #expect(stored.output.hasPrefix("secret TOKEN stored; the agent is not reachable"))
    let folder = agent.area.file("secrets.d")
    func mode(_ path: String) throws -> Int {
      (try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int) ?? 0
    }
    #expect(try mode(folder) == 0o700)
    #expect(try mode("\(folder)/TOKEN") == 0o600)
    #expect(try String(contentsOfFile: "\(folder)/TOKEN", encoding: .utf8) == "a value of mine")
    for (name, value, words) in [
      ("../x", "long enough", "cannot name a variable"), ("PUSHROD_X", "long enough", "Pushrod's own"),
      ("A", "", "is empty"), ("A", " \n", "is empty"), ("A", "abc\n", "fewer than 8 bytes"),
      ("A", "a\0bcdefghi", "NUL byte"),
      ("A", String(repeating: "x", count: 70_000), "larger than 65536"),
      ("GIVEN", "long enough", "is configured under `secrets`"),
    ] {
      let refused = try set(agent, name, value)
      #expect(refused.status == 2, "\(name)")
      #expect(refused.errorOutput.contains(words), "\(refused.errorOutput)")
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["TOKEN"])
    let list = try agent.pushrod("secret", "ls", "--json", "--config", agent.configuration)
    let json = try #require(try JSONSerialization.jsonObject(with: Data(list.stdout)) as? [String: [[String: Any]]])
    #expect(json["secrets"]?.map { $0["name"] as? String } == ["GIVEN", "TOKEN"])
    #expect(json["secrets"]?.map { $0["from"] as? String } == ["file", "folder"])
    #expect(!list.output.contains("a value of mine"))
    #expect(try agent.pushrod("secret", "rm", "TOKEN", "--config", agent.configuration).status == 0)
    #expect(try agent.pushrod("secret", "rm", "TOKEN", "--config", agent.configuration).status == 1)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
  }

  @Test(
    "what root stores belongs to the agent's user, also what was stored before that was known",
    .enabled(if: geteuid() == 0, "only root can give files away"))
  func owner() throws {
    let agent = try AgentUnderTest(pipelines: [:])
    #expect(try set(agent, "BEFORE", "a value of mine").status == 0)
    let data = agent.area.file("data")
    try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
    #expect(chown(data, 65534, 65534) == 0)
    #expect(try set(agent, "AFTER", "a value of mine").status == 0)
    for name in ["", "/BEFORE", "/AFTER"] {
      var status = stat()
      #expect(stat(agent.area.file("secrets.d") + name, &status) == 0 && status.st_uid == 65534, "\(name)")
    }
  }

  @Test(
    "where this user may not write or look, sudo is named, before a value is read",
    .enabled(if: geteuid() != 0, "root may write everywhere"))
  func permissions() throws {
    let agent = try AgentUnderTest(pipelines: [:])
    #expect(chmod(agent.area.path, 0o500) == 0)
    defer { chmod(agent.area.path, 0o700) }
    let first = try set(agent, "TOKEN", "")
    #expect(first.status == 1 && first.errorOutput.contains("use sudo"), "\(first.errorOutput)")
    #expect(chmod(agent.area.path, 0o700) == 0)
    #expect(try set(agent, "TOKEN", "a value of mine").status == 0)
    #expect(chmod(agent.area.file("secrets.d"), 0) == 0)
    defer { chmod(agent.area.file("secrets.d"), 0o700) }
    for words in [["set", "TOKEN"], ["ls"], ["rm", "TOKEN", "--force"]] {
      let refused = try agent.pushrod(arguments: ["secret"] + words + ["--config", agent.configuration])
      #expect(refused.status != 0 && refused.errorOutput.contains("use sudo"), "\(words) \(refused.errorOutput)")
    }
  }

  @Test("a value that is typed is not shown")
  func typed() throws {
    let agent = try AgentUnderTest(pipelines: [:])
    // util-linux's script gives it a terminal; the value is typed when it has been asked for.
    let typing = "sleep 2; printf 'hunter22x\\177\\n'; sleep 2"
    let words = "\(builtExecutable("pushrod")) secret set TOKEN --config \(agent.configuration)"
    let seen = try run(["sh", "-c", "(\(typing)) | script -qec '\(words)' /dev/null"])
    #expect(seen.output.contains("Value of TOKEN:"), "\(seen.output)\(seen.errorOutput)")
    #expect(!seen.output.contains("hunter2"))
    #expect(try String(contentsOfFile: agent.area.file("secrets.d/TOKEN"), encoding: .utf8) == "hunter22")
  }
}
