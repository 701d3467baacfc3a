import CLinux
import EndToEndSupport
import Foundation
import Glibc
import TestSupport
import Testing

/// `pushrod run --local`, with nothing there but the two executables and a working tree.
@Suite("pushrod run --local")
struct LocalRunTests {
  private let repository: GitRepository
  private let area: TemporaryDirectory

  init() throws {
    repository = try GitRepository()
    area = try TemporaryDirectory("local")
    try repository.commit("a.txt", "committed\n")
    try repository.write("a.txt", "changed, not committed\n")
    try repository.write("sub/untracked", "mine\n")
  }

  private func local(
    _ pipeline: String, _ more: [String] = [], env: [String: String] = [:], in folder: String = ""
  ) throws -> CommandResult {
    try area.write("shop.yml", "repo: https://github.com/acme/shop.git\non: push\n" + pipeline)
    var variables = [
      "PUSHROD_RUNNER": builtExecutable("pushrod-runner"), "TMPDIR": try temporary(), "GIT_CONFIG_NOSYSTEM": "1",
      "LEAKED": "from the caller",
    ]
    variables.merge(env) { $1 }
    return try run(
      [builtExecutable("pushrod"), "run", "--local", area.file("shop.yml")] + more,
      in: repository.path + (folder.isEmpty ? "" : "/" + folder), env: variables)
  }

  /// The command on `shop.yml`, for a test that talks to it while it runs.
  private func unstarted() throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: builtExecutable("pushrod"))
    process.arguments = ["run", "--local", area.file("shop.yml")]
    process.currentDirectoryURL = URL(fileURLWithPath: repository.path)
    process.environment = ProcessInfo.processInfo.environment.merging(
      ["PUSHROD_RUNNER": builtExecutable("pushrod-runner"), "TMPDIR": try temporary()]) { $1 }
    return process
  }

  private func temporary() throws -> String {
    try FileManager.default.createDirectory(atPath: area.file("tmp"), withIntermediateDirectories: true)
    return area.file("tmp")
  }

  @Test(
    "the steps run in the working tree as it is, in the environment of a real run, and nothing of it is changed or left"
  )
  func tree() throws {
    let ran = try local(
      """
      steps:
        - cat a.txt sub/untracked; pwd; echo "leaked ${LEAKED-nothing}"
        - echo "$PUSHROD_PIPELINE $PUSHROD_BRANCH $PUSHROD_COMMIT $PUSHROD $CI"
      finally:
        - echo "in the end $PUSHROD_STATUS"
      """, in: "sub")
    #expect(ran.status == 0, "\(ran.errorOutput)")
    #expect(ran.output.contains("changed, not committed\nmine\n\(repository.path)\nleaked nothing\n"), "\(ran.output)")
    #expect(ran.output.contains("shop main \(try repository.git("rev-parse", "HEAD")) 1 true\n"))
    #expect(ran.output.contains("in the end succeeded"))
    #expect(ran.output.hasSuffix("run of shop succeeded"))
    #expect(!ran.output.contains("\u{1b}"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: area.file("tmp")) == [])
    #expect(try Set(FileManager.default.contentsOfDirectory(atPath: repository.path)) == [".git", "a.txt", "sub"])
    #expect(try Set(FileManager.default.contentsOfDirectory(atPath: repository.folder)) == ["repository"])
    #expect(try repository.git("status", "--porcelain") == " M a.txt\n?? sub/")
  }

  @Test("a run that fails ends the command with 1; --keep keeps its directory")
  func failing() throws {
    let ran = try local("steps:\n  - echo before; exit 7\n  - echo never\n", ["--keep"])
    #expect(ran.status == 1)
    #expect(ran.output.contains("exit 7") && !ran.output.contains("\nnever"))
    let line = try #require(ran.errorOutput.split(separator: "\n").first { $0.contains("are in") })
    let folder = String(line.split(separator: " ").last?.dropLast() ?? "")
    let log = try #require(
      FileManager.default.contentsOfDirectory(atPath: folder).first { $0.hasPrefix("01-") && $0.hasSuffix(".log") })
    #expect(try String(contentsOfFile: folder + "/" + log, encoding: .utf8) == "before\n")
  }

  @Test("secrets come from the caller, by name, and are masked")
  func secrets() throws {
    let pipeline = "secrets: [TOKEN, OTHER]\nsteps:\n  - echo \"$TOKEN and $OTHER\"; echo \"$OTHER\" | rev\n"
    let missing = try local(pipeline, ["--secret", "TOKEN"], env: ["TOKEN": "hunter2-a", "OTHER": "not asked for"])
    #expect(missing.status == 2 && missing.errorOutput.contains("the pipeline asks for OTHER: give --secret OTHER"))
    try area.write("secrets.env", "# mine\n\nOTHER=a=b cdefg\nUNUSED=x\n")
    let ran = try local(
      pipeline, ["--secret", "TOKEN", "--secrets-file", area.file("secrets.env")], env: ["TOKEN": "hunter2-a"])
    #expect(ran.status == 0, "\(ran.errorOutput)")
    #expect(ran.output.contains("*** and ***\ngfedc b=a\n"), "\(ran.output)")
    #expect(try local(pipeline, ["--secret", "NOPE"]).errorOutput.contains("does not ask for a secret `NOPE`"))
    try area.write("bad.env", "no sign in this line\n")
    let bad = try local(pipeline, ["--secrets-file", area.file("bad.env")])
    #expect(
      bad.status == 2 && bad.errorOutput.contains("line 1: a line is NAME=value")
        && !bad.errorOutput.contains("no sign"))
  }

  @Test("a file with a mistake is told as by check; options of the agent do not go with it")
  func mistakes() throws {
    let ran = try local("stepz: [make]\n")
    #expect(ran.status == 1 || ran.status == 2)
    #expect(ran.errorOutput.contains("unknown key `stepz`"), "\(ran.errorOutput)")
    #expect(try local("steps: [\"true\"]\n", ["--ref", "main"]).status == 2)
    #expect(try run([builtExecutable("pushrod"), "run", "shop", "--keep"]).status == 2)
  }

  @Test(
    "Ctrl-C cancels: the step's processes end, finally runs, and the command ends with 130",
    arguments: [SIGINT, SIGTERM])
  func interrupted(number: Int32) throws {
    try area.write(
      "shop.yml",
      """
      repo: https://github.com/acme/shop.git
      on: push
      steps:
        - sleep 600 & echo $! > "\(area.file("child"))"; echo "it began"; wait
      finally:
        - echo "tidied up after $PUSHROD_STATUS" > "\(area.file("tidied"))"
      """)
    let process = try unstarted()
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    let end = ContinuousClock.now + .seconds(60)
    var child: pid_t?
    while child == nil, ContinuousClock.now < end {
      child = (try? area.read("child")).flatMap { pid_t($0.filter(\.isNumber)) }
      usleep(20_000)
    }
    kill(process.processIdentifier, number)
    process.waitUntilExit()
    #expect(process.terminationStatus == 130)
    #expect(try area.read("tidied") == "tidied up after cancelled\n")
    #expect(kill(try #require(child), 0) != 0)
    #expect(try FileManager.default.contentsOfDirectory(atPath: area.file("tmp")) == [])
  }

  /// The shell of a step that writes its number into the file `child`, once it has.
  private func childOfStep() throws -> pid_t {
    try waitUntil("the step has begun") { FileManager.default.fileExists(atPath: area.file("child")) }
    return try #require(pid_t(try area.read("child").filter(\.isNumber)))
  }

  @Test("a second Ctrl-C ends at once what ignores the first, and leaves nothing")
  func interruptedTwice() throws {
    try area.write(
      "shop.yml",
      """
      repo: https://github.com/acme/shop.git
      on: push
      grace: 10m
      steps:
        - trap '' TERM; echo $$ > "\(area.file("child.new"))"; mv "\(area.file("child.new"))" "\(area.file("child"))"; while :; do sleep 1; done
      finally:
        - touch "\(area.file("tidied"))"
      """)
    let process = try unstarted()
    let words = Pipe()
    process.standardOutput = FileHandle.nullDevice
    process.standardError = words
    try process.run()
    let child = try childOfStep()
    kill(process.processIdentifier, SIGINT)
    let first = String(decoding: words.fileHandleForReading.availableData, as: UTF8.self)
    #expect(first == "Cancelling; once more ends it at once.\n")
    #expect(process.isRunning && kill(child, 0) == 0)
    kill(process.processIdentifier, SIGINT)
    process.waitUntilExit()
    #expect(process.terminationStatus == 130)
    #expect(String(decoding: words.fileHandleForReading.availableData, as: UTF8.self).contains("Killed."))
    try waitUntil("the step has ended") { kill(child, 0) != 0 }
    #expect(!FileManager.default.fileExists(atPath: area.file("tidied")))
    #expect(try FileManager.default.contentsOfDirectory(atPath: area.file("tmp")) == [])
  }

  @Test("kill -9 of the command cancels what it ran")
  func killed() throws {
    try area.write(
      "shop.yml",
      """
      repo: https://github.com/acme/shop.git
      on: push
      steps:
        - echo $$ > "\(area.file("child.new"))"; mv "\(area.file("child.new"))" "\(area.file("child"))"; while :; do sleep 1; done
      finally:
        - touch "\(area.file("tidied"))"
      """)
    let process = try unstarted()
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    let child = try childOfStep()
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    try waitUntil("the step has ended, and `finally` has run") {
      kill(child, 0) != 0 && FileManager.default.fileExists(atPath: area.file("tidied"))
    }
  }

  @Test("what a step asks is asked on the terminal, and the answer is a person's", arguments: ["y", "n"])
  func approval(answer: String) throws {
    try area.write(
      "shop.yml",
      "repo: https://github.com/acme/shop.git\non: push\nsteps: [echo before, {approval: Ready?}, echo after]\n")
    var ends: [Int32] = [-1, -1]
    try #require(pushrod_terminal(&ends, 80, 24) == 0)
    let (terminal, input) = (ends[0], ends[1])
    defer { close(terminal) }
    let (output, errors) = (area.file("output"), area.file("errors"))
    let process = try unstarted()
    process.standardInput = FileHandle(fileDescriptor: input, closeOnDealloc: true)
    for file in [output, errors] { #expect(FileManager.default.createFile(atPath: file, contents: nil)) }
    process.standardOutput = FileHandle(forWritingAtPath: output)
    process.standardError = FileHandle(forWritingAtPath: errors)
    try process.run()
    func say(_ line: String) { _ = Glibc.write(terminal, line + "\n", line.utf8.count + 1) }
    try waitUntil("it asks") { (try? area.read("errors"))?.contains("Ready?: Ready? [y/n] ") == true }
    #expect(try !area.read("output").contains("after"))
    say("perhaps")
    try waitUntil("it says what can be said") { (try? area.read("errors"))?.contains("Type y to go on") == true }
    say(answer)
    process.waitUntilExit()
    #expect(process.terminationStatus == (answer == "y" ? 0 : 1))
    #expect(try area.read("output").contains("\nafter\n") == (answer == "y"))
    let words = answer == "y" ? "Ready? approved by " : "was rejected by "
    let said = try area.read("output")
    #expect(said.contains(words), "\(said)")
  }

  @Test("without a terminal a run that asks does not begin, unless all is approved beforehand")
  func nobodyToAsk() throws {
    let pipeline = "steps: [echo before, {name: go, approval: Ready?}, echo after]\n"
    let refused = try local(pipeline)
    #expect(refused.status == 2 && !refused.output.contains("before"))
    #expect(
      refused.errorOutput.contains("step \"go\" asks for an approval, and nobody can give one")
        && refused.errorOutput.contains("--yes"), "\(refused.errorOutput)")
    let ran = try local(pipeline, ["--yes"])
    #expect(ran.status == 0 && ran.output.contains("\nafter\n"), "\(ran.output)\(ran.errorOutput)")
  }

  @Test("steps that stand in the repository are read from the tree, and their mistakes are told")
  func repositoryFile() throws {
    try repository.write(".pushrod.yml", "steps: [cat a.txt]\n")
    let ran = try local("file: .pushrod.yml\n", in: "sub")
    #expect(ran.status == 0 && ran.output.contains("changed, not committed\n"), "\(ran.output)\(ran.errorOutput)")
    try repository.write(".pushrod.yml", "steps: [{rum: x}]\n")
    let broken = try local("file: .pushrod.yml\n")
    #expect(broken.status == 1)
    #expect(broken.errorOutput.contains(".pushrod.yml:1:10: unknown key `rum`"), "\(broken.errorOutput)")
    let missing = try local("file: none.yml\n")
    #expect(missing.status == 2 && missing.errorOutput.contains("none.yml: No such file"), "\(missing.errorOutput)")
    try FileManager.default.createSymbolicLink(
      atPath: repository.path + "/linked.yml", withDestinationPath: "/etc/passwd")
    let linked = try local("file: linked.yml\n")
    #expect(linked.status == 1 && linked.errorOutput.contains("linked.yml is a symbolic link"), "\(linked.errorOutput)")
  }

  @Test("a reader that goes away cancels the run, and nothing of it stays")
  func readerGone() throws {
    try area.write(
      "shop.yml",
      "repo: https://github.com/acme/shop.git\non: push\ngrace: 1s\nsteps: ['echo begun; sleep 2; echo more; sleep 600']\n"
    )
    let ran = try run(
      ["sh", "-c", "\(builtExecutable("pushrod")) run --local \(area.file("shop.yml")) | head -n 2"],
      in: repository.path,
      env: ["PUSHROD_RUNNER": builtExecutable("pushrod-runner"), "TMPDIR": try temporary()])
    #expect(ran.output.contains("begun"), "\(ran.output)\(ran.errorOutput)")
    #expect(ran.errorOutput.contains("Cancelling"), "\(ran.errorOutput)")
    try waitUntil("the run's folder is gone") {
      try FileManager.default.contentsOfDirectory(atPath: area.file("tmp")) == []
    }
  }

  @Test("without Git the working folder is the tree")
  func withoutGit() throws {
    let folder = try TemporaryDirectory("plain")
    try folder.write("f", "here\n")
    try area.write("shop.yml", "repo: https://github.com/acme/shop.git\non: push\nsteps: [cat f]\n")
    let ran = try run(
      [builtExecutable("pushrod"), "run", "--local", area.file("shop.yml")], in: folder.path,
      env: ["PUSHROD_RUNNER": builtExecutable("pushrod-runner"), "TMPDIR": try temporary()])
    #expect(ran.status == 0 && ran.output.contains("here\n"), "\(ran.output)\(ran.errorOutput)")
  }
}
