import EndToEndSupport
import Foundation
import TestSupport
import Testing

/// What the readers refuse, and with which words, is proved beside them (`DocumentTests`, `MalformedPayloadTests`, and the
/// fuzzers); here the real executables meet it, and their memory and the agent's life are looked at.
@Suite("Fault 21: files and bodies made to be expensive", .serialized)
struct Fault21_BombsTests {
  /// Each is no valid file of any kind here.
  static let bombs: [String: Data] = {
    var texts: [String: String] = [:]
    func put(_ name: String, _ text: String, times count: Int = 1) {
      texts[name] = String(repeating: text, count: count)
    }
    var aliases = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    for level in 1...30 {
      let items = Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ")
      aliases += "a\(level): &a\(level) [\(items)]\n"
    }
    put("aliases", aliases)
    put("alias-keys", aliases + "? *a30\n: boom\n")
    put("merges", "a: &a {b: 1}\nc: {<<: *a}\n")
    put("lists", "[", times: 250_000)
    put("mappings", "{a: ", times: 60_000)
    put("json", "{\"a\":[", times: 40_000)
    put("huge", "# comment\n", times: 3_000_000)
    put("keys", "? ", times: 120_000)
    put("quotes", "\"", times: 250_000)
    put("tags", "!a ", times: 80_000)
    put("same-key", "a: 1\n", times: 50_000)
    put("many-keys", (0..<19_000).map { "k\($0): 1\n" }.joined())
    put("documents", "--- a\n", times: 40_000)
    put("long-text", "name: " + String(repeating: "x", count: 250_000))
    put("number", "timeout: " + String(repeating: "9", count: 200_000))
    put("duplicates", "name: a\nname: b\nsteps: [x]\nsteps: [y]\n")
    put("empty", "")
    put("nul", "n\u{0}\n")
    var bombs = texts.mapValues { Data($0.utf8) }
    bombs["utf-16"] = Data([0xff, 0xfe] + "name: shop\n".utf8.flatMap { [$0, 0] })
    bombs["latin-1"] = Data(Array("name: caf".utf8) + [0xe9, 0x0a])
    bombs["binary"] = Data((0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) })
    return bombs
  }()

  private static let names = bombs.keys.sorted()

  /// Runs a command for a while and says what it took.
  /// - Returns: with 124 as its status where the time was over.
  private func measured(_ arguments: [String]) throws -> (result: CommandResult, peak: Int) {
    let script = """
      import resource, subprocess, sys
      done = subprocess.run(["timeout", "-k", "1", "60"] + sys.argv[1:])
      print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
      sys.exit(done.returncode)
      """
    let result = try run(["python3", "-c", script] + arguments, env: ["NO_COLOR": "1"])
    let peak = try #require(result.errorOutput.split(separator: "\n").last.flatMap { Int($0) })
    return (result, peak << 10)
  }

  @Test("`pushrod check` tells what is wrong with each, at once and with little memory", arguments: names)
  func check(name: String) throws {
    let area = try TemporaryDirectory("fault21")
    let file = try area.write("\(name).yml", try #require(Self.bombs[name]))
    let pipeline = try measured([builtExecutable("pushrod"), "check", file])
    let configuration = try measured([builtExecutable("pushrod"), "check", "--config", file])
    for (result, peak) in [pipeline, configuration] {
      #expect(result.status == 1, "\(result.output.prefix(200)) \(result.errorOutput.prefix(200))")
      #expect(result.output.contains("\(name).yml"), "\(result.output.prefix(200))")
      #expect(result.output.contains(" mistake"), "\(result.output.suffix(200))")
      #expect(result.stdout.count < 64 << 10, "\(result.stdout.count) bytes of words")
      #expect(peak < Sanitizer.memory(128 << 20), "\(peak >> 20) MB")
    }
  }

  @Test(
    "an agent whose pipelines are replaced by each stays as it was, in its rules and its memory, and names the file")
  func reload() throws {
    let scene = try Deployment("fault21", "steps: ['true']")
    let agent = scene.agent
    try agent.start()
    #expect(try agent.post(scene.push()).status == 202)
    let before = try ProcessMemory(of: agent.pid)
    for name in Self.names {
      try agent.area.write("pipelines/\(name).yml", try #require(Self.bombs[name]))
      let reload = try agent.pushrod("reload")
      #expect(reload.status == 1, "\(name)")
      #expect(reload.errorOutput.contains("\(name).yml"), "\(reload.errorOutput.prefix(300))")
      #expect(String(decoding: try agent.get("/api/status"), as: UTF8.self).contains("\(name).yml"))
      try FileManager.default.removeItem(atPath: agent.area.file("pipelines/\(name).yml"))
    }
    #expect(try agent.post(scene.push()).status == 202)
    let growth = try ProcessMemory(of: agent.pid).peak - before.peak
    print("\(Self.names.count) broken pipelines: the agent grew by \(growth >> 20) MB")
    #expect(growth < Sanitizer.memory(64 << 20))
    #expect(try agent.pushrod("reload").status == 0)
  }

  @Test("an agent does not start with such a configuration, and says which file it is")
  func configuration() throws {
    let area = try TemporaryDirectory("fault21")
    for name in ["aliases", "lists", "huge", "same-key", "utf-16", "nul"] {
      let file = try area.write("\(name).yml", try #require(Self.bombs[name]))
      let (result, peak) = try measured([builtExecutable("pushrod"), "serve", "--config", file])
      #expect(result.status == 1, "\(name): \(result.errorOutput.prefix(300))")
      #expect(result.errorOutput.contains("\(name).yml"), "\(result.errorOutput.prefix(300))")
      #expect(peak < Sanitizer.memory(128 << 20), "\(peak >> 20) MB")
    }
  }

  @Test("signed bodies that are JSON at its worst are answered, one costly one at a time, and the memory is given back")
  func bodies() throws {
    let agent = try AgentUnderTest(pipelines: [:], name: "fault21")
    try agent.start()
    let push = GitHubPush(
      cloneURL: "https://github.com/acme/nothing.git", after: String(repeating: "a1", count: 20)
    ).json
    func more(_ text: String) -> String { String(push.dropLast()) + ",\"x\":" + text + "}" }
    func many(_ text: String, _ count: Int) -> String { String(repeating: text + ",", count: count - 1) + text }
    let objects = more("[\(many("{\"a\":1}", 1_000_000))]")
    let bodies: [(String, Int, String)] = [
      ("lists", 400, String(repeating: "[", count: 8_000_000)),
      ("nested objects", 400, String(repeating: "{\"a\":", count: 1_500_000)),
      ("not ended", 400, String(push.dropLast())),
      ("not text", 400, "{\"ref\":\"\u{0}\"}"),
      ("numbers", 200, more("[\(many("1", 4_000_000))]")),
      ("small objects", 200, objects),
      ("a long number", 200, more(String(repeating: "9", count: 8_000_000))),
      ("a long text", 200, more("\"" + String(repeating: "\\u0041", count: 1_300_000) + "\"")),
      ("one key again and again", 200, String(push.dropLast()) + "," + many("\"k\":1", 1_300_000) + "}"),
      ("the ref twice", 200, "{\"ref\":\"refs/heads/first\"," + push.dropFirst()),
      ("half a character", 200, more("\"\\ud800\"")),
    ]
    for (name, expected, body) in bodies {
      let client = try RawClient(port: agent.port)
      client.send(try agent.signedRequest(body: body, id: name))
      let answer = client.answer()
      #expect(answer?.status == expected, "\(name): \(answer.map { "\($0)" } ?? "none")")
    }
    let one = try ProcessMemory(of: agent.pid)
    // Several at once, and small deliveries beside them.
    let large = try agent.signedRequest(body: objects, id: "at once")
    let crowd = try (0..<4).map { _ in try RawClient(port: agent.port) }
    for client in crowd { client.send(large) }
    for _ in 0..<5 { #expect(try agent.post(body: push).status == 200) }
    // Under a sanitizer the last of them may have to come again: an answer has its time.
    let statuses = Sanitizer.name == nil ? [200] : [200, 503]
    for client in crowd { #expect(statuses.contains(client.answer()?.status ?? 0)) }
    let all = try ProcessMemory(of: agent.pid)
    print("the largest body took \(one.peak >> 20) MB, four at once \(all.peak >> 20) MB")
    // One is decoded, the others wait as bytes.
    #expect(all.peak - one.peak < Sanitizer.memory(96 << 20))
    #expect(all.peak < Sanitizer.memory(512 << 20))
    try waitUntil("the memory is given back") { try ProcessMemory(of: agent.pid).anonymous < 96 << 20 }
  }
}
