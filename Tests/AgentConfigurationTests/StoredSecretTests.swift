import Glibc
import Model
import TestSupport
import Testing

@testable import AgentConfiguration
@testable import Pipelines

/// Secrets from a command, and from the folder of secrets.
@Suite struct StoredSecretTests {
  private let fixture: ConfigurationFixture
  private var folder: TemporaryDirectory { fixture.folder }

  init() throws { fixture = try ConfigurationFixture() }

  private func mistakes(_ reference: String) -> [String] {
    fixture.mistakes("secrets:\n  A: \(reference)\n", environment: ["PATH": "/usr/bin:/bin"])
  }

  private func value(_ reference: String, environment: [String: String] = ["PATH": "/usr/bin:/bin"]) throws -> String? {
    try fixture.load("secrets:\n  A: \(reference)\n", environment: environment).secrets["A"]?.text
  }

  @Test("what a command prints is the secret, without a shell in between")
  func command() throws {
    #expect(try value("{command: [printf, 'a long b\\n']}") == "a long b")
    #expect(try value("{command: [echo, '$HOME; id']}") == "$HOME; id")
    try folder.write("tool", "#!/bin/sh\necho \"from $1 $SAID ${NOTIFY_SOCKET-}.\"\n", mode: 0o700)
    let environment = ["PATH": "/usr/bin:/bin", "SAID": "beside", "NOTIFY_SOCKET": "/run/x"]
    #expect(try value("{command: [./tool, shop], timeout: 30s}", environment: environment) == "from shop beside .")
    // Nobody is there to answer.
    #expect(try value("{command: [sh, -c, 'cat; echo nothing-read']}") == "nothing-read")
  }

  @Test("a command that fails says why in its own words, and never what it printed")
  func failing() throws {
    let failed = mistakes("{command: [sh, -c, 'echo hunter2; echo locked >&2; exit 3']}")
    #expect(
      failed == [
        "2:16 the command `sh` ended with exit code 3: locked | run it as the agent's user to see what it lacks"
      ])
    #expect(mistakes("{command: [no-such-program]}")[0].contains("cannot be started: No such file"))
    #expect(mistakes("{command: [sh, -c, 'kill -9 $$']}")[0].contains("was ended by signal 9"))
    #expect(mistakes("{command: [\"true\"]}")[0].contains("the secret in command is empty"))
    #expect(mistakes("{command: [sh, -c, 'yes hunter2']}")[0].contains("printed more than 65536 bytes |"))
    #expect(mistakes("{command: []}")[0].contains("names no program"))
    #expect(mistakes("{command: pass}")[0].contains("must be a list"))
    #expect(mistakes("{command: [a], timeout: 5m}")[0].contains("timeout"))
    #expect(mistakes("{file: github.secret, timeout: 5s}")[0].contains("`timeout` is for a `command`"))
  }

  @Test("a command that does not end is ended, with what it started")
  func endless() throws {
    let found = mistakes(
      "{command: [sh, -c, 'echo waiting >&2; sleep 600 & echo $! > \(folder.file("child")); wait'], timeout: 1s}")
    #expect(found[0].contains("did not end within 1 s: waiting"))
    let child = try #require(pid_t(try folder.read("child").filter(\.isNumber)))
    let end = ContinuousClock.now + .seconds(30)
    while kill(child, 0) == 0, ContinuousClock.now < end { usleep(10_000) }
    #expect(kill(child, 0) != 0)
  }

  @Test("what a command leaves in the background holds nothing up")
  func background() throws {
    #expect(try value("{command: [sh, -c, 'setsid sleep 5 & echo here-and-now'], timeout: 60s}") == "here-and-now")
  }

  @Test("a check from a shell runs no command")
  func check() throws {
    let file = try folder.write("pushrod.yml", "secrets: {A: {command: [touch, \(folder.file("ran"))]}}\n")
    let read = try Configuration.load(file: file, environment: [:], secrets: .whereReadable)
    #expect(read.unreadSecrets == ["command touch"])
    #expect(access(folder.file("ran"), F_OK) != 0)
  }

  @Test("a secret that could not be hidden in logs is refused")
  func short() throws {
    try folder.write("short", "1234567\n\n\n", mode: 0o600)
    #expect(
      mistakes("{file: short}") == [
        "2:6 the secret `A` has fewer than 8 bytes: it could not be masked in logs, and can be guessed | put a longer one there, or move what is no secret to the pipeline's `env`"
      ])
  }

  @Test("files of the folder are secrets beside those of the configuration")
  func stored() throws {
    try folder.write("secrets.d/TOKEN", "stored-1\n", mode: 0o600)
    try folder.write("secrets.d/TOKEN.a8sd7f", "half", mode: 0o600)
    try folder.write("secrets.d/README", "stored-2", mode: 0o640)
    let read = try fixture.load("secrets: {B: {file: github.secret}}\n")
    #expect(read.secrets.mapValues(\.text) == ["B": "s3cret-value", "TOKEN": "stored-1", "README": "stored-2"])
    #expect(read.secretNames == ["B", "TOKEN", "README"])
    #expect(try fixture.load("secrets_folder: none\n").secrets.isEmpty)
    try folder.write("else/X_1", "stored-3", mode: 0o600)
    #expect(try fixture.load("secrets_folder: else\n").secrets.mapValues(\.text) == ["X_1": "stored-3"])
  }

  @Test("files of the folder that are open, short, twice or no text are refused with what to do")
  func refused() throws {
    func found(_ text: String = "listen: 127.0.0.1:0\n") -> String {
      fixture.mistakes(text).joined(separator: "\n")
    }
    try folder.write("secrets.d/TOKEN", "stored-1\n", mode: 0o644)
    #expect(
      found()
        == "0:0 the secret file DIR/secrets.d/TOKEN is open to every user (mode 644) | close it: chmod 600 DIR/secrets.d/TOKEN"
    )
    try folder.write("secrets.d/TOKEN", "abc", mode: 0o600)
    #expect(found().contains("has fewer than 8 bytes"))
    try folder.write("secrets.d/TOKEN", "ab\0cd", mode: 0o600)
    #expect(found().contains("NUL byte"))
    try runChecked(["sh", "-c", "printf 'p\\377\\376-binary' > \(folder.file("secrets.d/TOKEN"))"])
    #expect(found().contains("the secret in DIR/secrets.d/TOKEN is not UTF-8 text | put it there encoded"))
    try folder.write("secrets.d/TOKEN", "stored-1", mode: 0o600)
    #expect(
      found("secrets: {TOKEN: {file: github.secret}}\nsecrets_folder: secrets.d\n")
        == "2:17 the secret `TOKEN` is in `secrets` and in DIR/secrets.d | remove one of them: `pushrod secret rm TOKEN`"
    )
  }
}
