import Model
import Testing

@testable import Pipelines

@Suite struct StepTests {
  @Test("a step without a name gets the first words of its command, and no two the same")
  func names() throws {
    let read = try minimal(
      "finally: [make test, {name: \"make test (3)\", run: y}]",
      steps:
        "[make test, make   test, \"# why\\nnpm ci --no-audit --no-fund --prefer-offline --silent\", {name: make, run: x}]"
    )
    #expect(read.steps.map(\.name) == ["make test", "make test (2)", "npm ci --no-audit --no-fund", "make"])
    #expect(read.finally.map(\.name) == ["make test (4)", "make test (3)"])
  }

  @Test("a long word or one with control characters makes a harmless name")
  func oddNames() throws {
    let long = String(repeating: "x", count: 300)
    #expect(try minimal(steps: "[\(long)]").steps[0].name.count <= 41)
    #expect(try minimal(steps: "[\"echo \\e[31m\"]").steps[0].name == "echo \\u{1b}[31m")
    #expect(try minimal(steps: "[\"# only a comment\"]").steps[0].name == "step")
  }

  @Test("a given name is unique in the whole pipeline")
  func duplicateNames() {
    let found = mistakes("finally:\n  - {name: a, run: y}", steps: "[{name: a, run: x}]")
    #expect(found == ["5:12 two steps are named `a`; the first is in line 3 | give one of them another name"])
  }

  @Test(
    "mistakes in a step",
    arguments: [
      ("[{name: a}]", "`steps[1]` has no `run`"), ("[{run: \"\"}]", "empty command"), ("[\"  \"]", "empty command"),
      ("[{run: }]", "`steps[1].run` is empty"), ("[{run: [a]}]", "must be a command, not a list"),
      ("[[a]]", "must be a command, or a mapping"),
      ("[~]", "`steps[1]` is empty"), ("make", "`steps` must be a list"),
      ("[{run: x, name: \"\"}]", "the name of a step"),
      ("[{run: x, name: \"a\\nb\"}]", "the name of a step"), ("[{run: x, dir: /etc}]", "inside the repository"),
      ("[{run: x, dir: a/../../b}]", "inside the repository"), ("[{run: x, dir: \"a\\tb\"}]", "inside the repository"),
      ("[{run: x, dir: \"../\u{301}x\"}]", "inside the repository"),
      ("[{run: x, dir: \"/\u{301}x\"}]", "inside the repository"),
      ("[{run: x, shell: \"\"}]", "must be a shell"), ("[{run: x, shell: sh -c}]", "must not end with -c"),
      ("[{run: x, shell: \"sh -c 'a'\"}]", "knows no quotes"), ("[{run: x, shell: -eu}]", "must be a shell"),
      ("[{run: x, timeout: -1}]", "a length of time"), ("[{run: x, allow_failure: 1}]", "true or false"),
      ("[{run: x, env: {PUSHROD_A: 1}}]", "cannot be set"), ("[{run: \"a\\0b\"}]", "NUL"),
      ("[{run: \"a: b\", command: x}]", "unknown key `command`"),
    ])
  func mistakesInSteps(steps: String, message: String) {
    let found = mistakes(steps: steps)
    #expect(found.count == 1)
    #expect(found.first?.contains(message) == true, "\(found)")
  }

  @Test("a step's variable cannot hide a secret")
  func secretCollision() {
    #expect(
      mistakes("secrets: [A]", steps: "[{run: x, env: {A: 1}}]")[0].contains(
        "`A` is in `steps[1].env` and in `secrets`"))
  }

  @Test("a script is at most what Linux takes as one argument")
  func longScript() throws {
    let most = String(repeating: "x", count: (128 << 10) - 1)
    #expect(try minimal(steps: "[\(most)]").steps[0].run.utf8.count == 131_071)
    #expect(mistakes(steps: "[\(most)x]")[0].contains("longer than 131071 bytes"))
  }

  @Test("folders are kept plain")
  func directories() throws {
    for (written, expected) in [("web", "web"), ("./web//app/", "web/app"), (".", nil), ("..a/b..", "..a/b..")] {
      #expect(try minimal(steps: "[{run: x, dir: \(written)}]").steps[0].directory == expected)
    }
  }

  @Test("a shell is words, split at blanks or given as a list")
  func shells() throws {
    #expect(try minimal(steps: "[{run: x, shell: \"bash  -e\"}]").steps[0].shell == ["bash", "-e"])
    #expect(try minimal(steps: "[{run: x, shell: [\"/opt/my shell\", -e]}]").steps[0].shell == ["/opt/my shell", "-e"])
    #expect(try minimal(steps: "[{run: x, shell: python3}]").steps[0].shell == ["python3"])
  }

  @Test("there is a bound on how many")
  func tooMany() {
    let many = "[" + Array(repeating: "x", count: 257).joined(separator: ",") + "]"
    #expect(mistakes(steps: many) == ["3:8 `steps` has 257 items; at most 256 are allowed"])
  }

  @Test(
    "one mistake is told once, where it stands",
    arguments: [
      ("[{rum: make}]", "3:10 unknown key `rum` in `steps[1]` | did you mean `run`?"),
      ("[{run: a, retry: {time: 2}}]", "3:26 unknown key `time` in `steps[1].retry` | did you mean `times`?"),
      ("[{run: a, cache: {kye: a, paths: b}}]", "3:26 unknown key `kye` in `steps[1].cache` | did you mean `key`?"),
      (
        "[{include: common/node.yml, name: a}]",
        "3:19 `include` stands alone in its step | write `- include: common/node.yml`"
      ),
      (
        "[{run: a, artifacts: [dist, ../x]}]",
        "3:36 `steps[1].artifacts` must be patterns for files of the workspace, relative and without `..`, not `../x`"
      ),
      (
        "[{run: a, when: {branch: main, tag: v1}}]",
        "3:39 `steps[1].when` asks for a branch and for a tag, and a run is of one of them, so it would never hold | make two steps of it"
      ),
    ])
  func once(steps: String, told: String) {
    #expect(mistakes(steps: steps) == [told])
  }
}
