import EndToEndSupport
import Foundation
import Model
import TestSupport
import Testing

/// That single bytes are kept and that the runner does not grow is proved beside them (`OutputTests`); here agent, runner
/// and followers stand around one flood. `make bench` has a gigabyte. That a log ends at its limit is in `LogLimitTests`.
@Suite("Fault 13: output without end, and output that is no text", .serialized)
struct Fault13_OutputTests {
  /// The same bytes each time: all values, so NUL, escape characters and invalid UTF-8 among them.
  private static func noise(_ bytes: Int) -> String {
    let (key, start) = ("00112233445566778899aabbccddeeff", String(repeating: "0", count: 32))
    return "head -c \(bytes) /dev/zero | openssl enc -aes-128-ctr -K \(key) -iv \(start)"
  }

  /// Puts the pieces of a live log together.
  /// - Returns: the SHA-256 of step 2's log, and the kind of the last event.
  private func read(_ stream: String) throws -> (hash: String, last: String) {
    let script = """
      import base64, hashlib, json, sys
      digest, size, last, kind = hashlib.sha256(), 0, "", ""
      for line in open(sys.argv[1], "rb"):
          if line.startswith(b"event: "):
              kind = line[7:].strip()
          elif line.startswith(b"data: "):
              data = json.loads(line[6:])
              if kind == b"event":
                  last = data["event"]
              elif data["step"] == 2:
                  assert data["offset"] == size
                  piece = data["text"].encode() if "text" in data else base64.b64decode(data["base64"])
                  digest.update(piece)
                  size += len(piece)
      print(digest.hexdigest(), last)
      """
    let words = try runChecked(["python3", "-c", script, stream]).split(separator: " ").map(String.init)
    return (words[0], words.last ?? "")
  }

  @Test("200 MB: the memory of runner and agent stays as it was, the log is what was written, and so is the live one")
  func flood() throws {
    let script = Self.noise(200_000_000)
    let scene = try Deployment(
      "fault13",
      """
      steps:
      \(Deployment.gate("before"))
        - { name: flood, run: '\(script)' }
      \(Deployment.gate("after"))
      """)
    let agent = scene.agent
    try agent.start()
    let run = try scene.deploy()
    try scene.waitForStep("01-", of: run)
    let stream = scene.work.file("stream")
    let follower = try ServerProcess(
      [
        "curl", "-sSN", "--unix-socket", agent.socket, "-H", "Accept: text/event-stream", "-o", stream,
        "http://localhost/api/runs/\(run)/log",
      ], output: scene.work.file("curl.log"))
    try waitUntil("the follower follows") { FileManager.default.fileExists(atPath: stream) }
    let runner = try scene.runner(of: run)
    let before = (runner: try ProcessMemory(of: runner), agent: try ProcessMemory(of: agent.pid))
    try scene.open("before")
    try scene.waitForStep("03-", of: run)
    let after = try ProcessMemory(of: runner)
    try scene.open("after")
    #expect(try agent.finished(run).run.state == .succeeded)
    try waitUntil("the follower has seen the end", within: 120) { follower.hasExited }
    let agentAfter = try ProcessMemory(of: agent.pid)
    print(
      "200 MB: the runner grew by \((after.peak - before.runner.peak) >> 10) KB,",
      "the agent by \((agentAfter.peak - before.agent.peak) >> 10) KB")
    #expect(after.peak - before.runner.peak < Sanitizer.memory(8 << 20))
    #expect(agentAfter.peak - before.agent.peak < Sanitizer.memory(48 << 20))

    let written = try Deployment.hash(ofOutputOf: script)
    #expect(try scene.hashOfLog(run, "02-flood.log") == written)
    let (hash, last) = try read(stream)
    #expect(hash == written)
    #expect(last == "run_finished")
  }

  @Test("a million lines, one line without end, bytes that are no text, a terminal's tricks: kept, and safe to look at")
  func odd() throws {
    let steps = [
      ("lines", "seq 1000000"),
      ("endless", "head -c 4000000 /dev/zero | tr '\\0' x"),
      ("noise", Self.noise(1_000_000)),
      (
        "terminal",
        #"i=0; while [ $i -lt 5000 ]; do i=$((i + 1)); "#
          + #"printf '%s %%\r\033[2K\033]0;title\007\033[31mred\033[0m\033[1;1H\a\b' $i; done; echo"#
      ),
    ]
    let scene = try Deployment(
      "fault13",
      "steps:\n" + Deployment.gate("before") + "\n"
        + steps.map { "  - name: \($0.0)\n    run: |\n      \($0.1)\n" }.joined())
    let agent = scene.agent
    try agent.start()
    let run = try scene.deploy()
    let tail = try ServerProcess(
      [builtExecutable("pushrod"), "tail", "\(run)"], env: ["PUSHROD_SOCKET": agent.socket, "NO_COLOR": "1"],
      output: scene.work.file("tail"))
    try scene.waitForStep("01-", of: run)
    try scene.open("before")
    #expect(try agent.finished(run, within: 120).run.state == .succeeded)
    for (index, step) in steps.enumerated() {
      let name = "0\(index + 2)-\(step.0).log"
      #expect(try scene.hashOfLog(run, name) == Deployment.hash(ofOutputOf: step.1), "\(name)")
    }
    try waitUntil("tail has come to the end", within: 120) { tail.hasExited }
    #expect(tail.stop() == 0)
    let shown = try Data(contentsOf: URL(fileURLWithPath: scene.work.file("tail")))
    for text in ["\n999999\n1000000\n", String(repeating: "x", count: 4_000_000), "run \(run) of shop succeeded"] {
      #expect(shown.range(of: Data(text.utf8)) != nil, "\(text.prefix(40))")
    }
    // Neither escape characters nor bells nor NULs reach the terminal.
    for byte: UInt8 in [0x00, 0x07, 0x08, 0x1b, 0x7f] { #expect(shown.firstIndex(of: byte) == nil, "\(byte)") }
  }
}
