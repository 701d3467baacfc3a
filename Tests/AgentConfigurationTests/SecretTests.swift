import FoundationEssentials
import Glibc
import Model
import TestSupport
import Testing

@testable import AgentConfiguration
@testable import Pipelines

@Suite struct SecretTests {
  private let fixture: ConfigurationFixture
  private var folder: TemporaryDirectory { fixture.folder }

  init() throws { fixture = try ConfigurationFixture() }

  private func mistakes(_ reference: String, environment: [String: String] = [:]) -> [String] {
    fixture.mistakes("secrets:\n  A: \(reference)\n", environment: environment)
  }

  private func value(_ reference: String, environment: [String: String] = [:]) throws -> String? {
    try fixture.load("secrets:\n  A: \(reference)\n", environment: environment).secrets["A"]?.text
  }

  @Test("one newline at the end of a file is not part of the secret")
  func newline() throws {
    for (contents, expected) in [
      ("a secret", "a secret"), ("a secret\n", "a secret"), ("a secret\r\n", "a secret"),
      ("a secret\n\n", "a secret\n"), (" a secret ", " a secret "),
    ] {
      try folder.write("s", contents, mode: 0o600)
      #expect(try value("{file: s}") == expected)
    }
    #expect(try value("{env: X}", environment: ["X": "a secret\n"]) == "a secret")
  }

  @Test(
    "a file that others may read, write or enter is refused with the command that closes it",
    arguments: [0o604, 0o602, 0o644, 0o601])
  func openToOthers(mode: Int) throws {
    try folder.write("s", "value", mode: mode)
    #expect(
      mistakes("{file: s}") == [
        "2:13 the secret file DIR/s is open to every user (mode \(String(mode, radix: 8))) | close it: chmod 600 DIR/s"
      ])
  }

  @Test("a file for owner and group is accepted", arguments: [0o600, 0o400, 0o640, 0o440])
  func closed(mode: Int) throws {
    try folder.write("s", "a secret", mode: mode)
    #expect(try value("{file: s}") == "a secret")
  }

  @Test("files that cannot be a secret say why")
  func unusableFiles() throws {
    #expect(mistakes("{file: nope}")[0].hasPrefix("2:13 the secret file DIR/nope does not exist | create it:"))
    try folder.write("empty", "", mode: 0o600)
    #expect(mistakes("{file: empty}") == ["2:13 the secret in file `empty` is empty | put a value there"])
    try folder.write("blank", " \n\n", mode: 0o600)
    #expect(mistakes("{file: blank}") == ["2:13 the secret in file `blank` is empty | put a value there"])
    try folder.write("large", String(repeating: "x", count: 70_000), mode: 0o600)
    #expect(mistakes("{file: large}")[0].contains("is larger than 65536 bytes"))
    try folder.write("nul", "a\0b", mode: 0o600)
    #expect(mistakes("{file: nul}")[0].contains("contains a NUL byte"))
    #expect(mistakes("{file: .}")[0].contains("is not a regular file"))
    #expect(mkfifo(folder.file("pipe"), 0o600) == 0)
    #expect(mistakes("{file: pipe}")[0].contains("is not a regular file"))
    #expect(mistakes("{file: }")[0].contains("`secrets.A.file` is empty"))
  }

  @Test("a pipeline's secret that is too short to be masked is refused with advice, a sender's is not")
  func short() throws {
    try folder.write("s", "7 bytes\n", mode: 0o600)
    let found = mistakes("{file: s}")
    #expect(found.count == 1)
    #expect(found[0].hasPrefix("2:6 the secret `A` has fewer than 8 bytes: it could not be masked in logs"), "\(found)")
    #expect(found[0].hasSuffix("| put a longer one there, or move what is no secret to the pipeline's `env`"))
    #expect(!found[0].contains("7 bytes"))
    #expect(throws: Never.self) { try fixture.load("sources: {g: {sender: github, secrets: [{file: s}]}}\n") }
  }

  @Test("variables and credentials that are missing say what to do")
  func missing() {
    #expect(mistakes("{env: NOPE}") == ["2:12 the environment variable NOPE is not set | set it for the agent"])
    #expect(mistakes("{env: X}", environment: ["X": ""])[0].contains("the secret in env `X` is empty"))
    #expect(mistakes("{credential: c}")[0].contains("CREDENTIALS_DIRECTORY is not set"))
    let environment = ["CREDENTIALS_DIRECTORY": folder.path]
    #expect(
      mistakes("{credential: c}", environment: environment)[0].contains(
        "credential `c` does not exist | add LoadCredential=c:"))
    #expect(mistakes("{credential: ../x}", environment: environment)[0].contains("cannot name a credential"))
  }

  @Test("a credential of systemd is read from its directory")
  func credential() throws {
    try folder.write("credentials/c", "from systemd\n", mode: 0o440)
    #expect(
      try value("{credential: c}", environment: ["CREDENTIALS_DIRECTORY": folder.file("credentials")]) == "from systemd"
    )
  }

  @Test("a check from a shell goes on without the secrets that only the agent can get, and names them")
  func whereReadable() throws {
    let file = try folder.write(
      "pushrod.yml",
      """
      sources: {g: {sender: github, secrets: [{credential: secret_github}, {file: github.secret}]}}
      secrets: {A: {env: NOPE}, B: {file: github.secret}}
      repositories:
        "https://github.com/acme/*": {token: {credential: secret_token}}
        "https://github.com/other/*": {token: {file: github.secret}}
      """)
    func load(_ use: Configuration.SecretUse) throws(Diagnostics) -> Configuration {
      try Configuration.load(file: file, environment: [:], secrets: use)
    }
    let read = try load(.whereReadable)
    #expect(
      read.unreadSecrets == ["credential secret_github", "credential secret_token", "environment variable NOPE"])
    #expect(read.unreadRepositories == ["https://github.com/acme/*"])
    #expect(read.credentials.map(\.pattern) == ["https://github.com/other/*"])
    #expect(read.sources[0].secrets.count == 1)
    #expect(read.secretNames == ["A", "B"])
    #expect(Array(read.secrets.keys) == ["B"])
    #expect(throws: Diagnostics.self) { try load(.required) }
    try folder.write("github.secret", "x", mode: 0o644)
    #expect(throws: Diagnostics.self) { try load(.whereReadable) }
  }

  @Test("exactly one way to a secret is given")
  func oneWay() {
    #expect(
      mistakes("{}")[0].contains(
        "must say one of {file: PATH}, {env: NAME}, {credential: NAME} or {command: [PROGRAM, …]}"))
    #expect(mistakes("{file: github.secret, env: X}")[0].contains("must say one of"))
    #expect(mistakes("{fle: x}")[0].contains("unknown key `fle` in `secrets.A` | did you mean `file`?"))
  }

  @Test("a secret written into the file is refused unless it is allowed, and never shown")
  func literals() throws {
    let found = fixture.diagnostics("secrets:\n  A: hunter2-hunter2\n")
    #expect(found.count == 1)
    #expect(found[0].message.contains("a secret written into the configuration is refused"))
    #expect(found[0].line == 2)
    #expect(!found[0].rendered.contains("hunter2"))
    #expect(try fixture.load("allow_literal_secrets: true\nsecrets: {A: hunter22}\n").secrets["A"]?.text == "hunter22")
  }

  @Test(
    "no mistake on a line with a secret shows the secret",
    arguments: [
      "sources: {g: {sender: githb, secrets: [hunter2]}}",
      "sources: {g: {sender: github, secrets: hunter2, x: 1}}",
      "secrets: {A: {value: hunter2}}",
      "secrets: {A: {value: hunter2, value: 3}}",
      "secrets: {A: |\n  x\n  hunter2\n}",
      "secrets: {A: [hunter2]}",
      "allow_literal_secrets: true\nsecrets: {A: {b: hunter2}}",
      "allow_literal_secrets: true\nrepositories: {\"https://h/x\": {user: [1], password: hunter2}}",
      "allow_literal_secrets: true\nrepositories: {\"git@h:x\": {key: hunter2, known_hosts: k}}",
      "allow_literal_secrets: true\nsecrets: {A: \"hunter2}",
      "allow_literal_secrets: true\nsecrets: {A: hunter2, A: x}",
      "allow_literal_secrets: true\nrepositories: {acme/shop: {token: hunter2}}",
      "repositories: {\"https://ann:hunter2@github.com/acme/*\": {token: {env: X}}}",
      "repositories:\n  https://ann:hunt/hunter2@h/x: {token: {env: X}}\n",
    ])
  func neverShown(text: String) {
    let found = fixture.diagnostics(text)
    #expect(!found.isEmpty)
    for diagnostic in found {
      #expect(!"\(diagnostic)\(diagnostic.rendered)".contains("hunter2"), "\(diagnostic.rendered)")
    }
  }
}
