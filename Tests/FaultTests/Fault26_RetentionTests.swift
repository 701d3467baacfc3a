import EndToEndSupport
import Foundation
import Model
import TestSupport
import Testing

@Suite("Fault 26: retention meets a reader, and links where folders were")
struct Fault26_RetentionTests {
  private struct Scene {
    let repository: GitRepository
    let agent: AgentUnderTest
    let push: GitHubPush

    /// Has one more run of the same commit go to its end.
    func run() throws -> Int {
      guard let number = try agent.post(push).runs.first else { throw CommandFailure("no run was started") }
      let shown = try agent.finished(number)
      guard shown.run.state == .succeeded else { throw CommandFailure("run \(number): \(shown.run.reason ?? "-")") }
      return number
    }

    var directories: [String] {
      (try? FileManager.default.contentsOfDirectory(atPath: agent.area.file("data/runs")))?.sorted() ?? []
    }

    var rows: [Int] {
      get throws {
        struct List: Decodable {
          struct Entry: Decodable { var number: Int }
          var runs: [Entry]
        }
        let output = try agent.pushrod("runs", "--json", "--limit", "500").stdout
        return try JSONDecoder().decode(List.self, from: Data(output)).runs.map(\.number)
      }
    }
  }

  /// What the one step writes.
  private static let lines = 20_000
  private static let output = (1...lines).map { "\($0)\n" }.joined()

  private static func scene(keep: Int, step: String = "seq 1 \(lines)") throws -> Scene {
    let repository = try GitRepository()
    try repository.write("index.html", "one")
    let commit = try repository.commit("One")
    let agent = try AgentUnderTest(
      pipelines: [
        "shop.yml": """
        name: shop
        repo: \(repository.url)
        on: { push: { branches: [main] } }
        steps: ['\(step)']
        """
      ], settings: "runs: { keep: { runs: \(keep) } }", name: "fault26")
    try agent.start()
    return Scene(
      repository: repository, agent: agent, push: GitHubPush(cloneURL: repository.url, after: commit))
  }

  /// Reads logs of runs that have ended, some of them slowly, until it is told to stop; says how it went.
  private static let reader = """
    import hashlib, http.client, os, random, socket, sys, threading, time
    path, numbers, expected = sys.argv[1:4]
    counts = {"whole": 0, "absent": 0}
    bad = []
    class Connection(http.client.HTTPConnection):
        def connect(self):
            self.sock = socket.socket(socket.AF_UNIX)
            self.sock.settimeout(20)
            self.sock.connect(path)
    def read(number, slowly):
        connection = Connection("localhost")
        connection.request("GET", "/api/runs/%s/steps/1/log" % number)
        answer = connection.getresponse()
        digest = hashlib.sha256()
        while True:
            piece = answer.read(4096)
            if not piece: break
            digest.update(piece)
            if slowly: time.sleep(0.003)
        if answer.status == 404: counts["absent"] += 1
        elif answer.status == 200 and digest.hexdigest() == expected: counts["whole"] += 1
        else: bad.append("run %s: %s" % (number, answer.status))
    def work(slowly):
        while not os.path.exists(numbers + ".stop"):
            known = open(numbers).read().split()[-4:]
            if not known:
                time.sleep(0.01)
                continue
            try: read(random.choice(known), slowly)
            except Exception as error: bad.append(repr(error))
    threads = [threading.Thread(target=work, args=(place % 2 == 0,)) for place in range(6)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    print("whole %d absent %d bad %d %s" % (counts["whole"], counts["absent"], len(bad), bad[:3]), flush=True)
    """

  @Test("a reader gets a whole log or a 404, while runs are removed under it")
  func reader() throws {
    let scene = try Self.scene(keep: 1)
    let agent = scene.agent
    let files = try TemporaryDirectory("reader")
    let numbers = try files.write("numbers", "")
    let digest = try runChecked(["sha256sum"], input: Array(Self.output.utf8)).prefix(64)
    let reader = try ServerProcess(
      ["python3", "-c", Self.reader, agent.socket, numbers, String(digest)], output: files.file("said"))
    defer { reader.stop() }
    var known: [Int] = []
    for _ in 1...15 {
      known.append(try scene.run())
      try files.write("numbers", known.map(String.init).joined(separator: "\n") + "\n")
      // A reload has the janitor look at once.
      #expect(try agent.pushrod("reload").status == 0)
    }
    try files.write("numbers.stop", "")
    try waitUntil("the readers end") { reader.log.contains("whole") }
    let words = reader.log.split(separator: " ")
    #expect(words[5] == "0", "\(reader.log)")
    #expect((Int(words[1]) ?? 0) > 10 && (Int(words[3]) ?? 0) > 0, "\(reader.log)")

    // Nobody reads any more.
    #expect(try agent.pushrod("reload").status == 0)
    try waitUntil("one run is left") { try scene.rows == [15] && scene.directories == ["15"] }
    #expect(try agent.stepLog(15, "01-") == Self.output)
    #expect(try agent.area.read("data/logs/shop/latest/spec.json").contains("\"number\" : 15"))
    let inbox = try agent.pushrod("inbox", "show", "1").output
    #expect(inbox.contains("started run 1"), "\(inbox)")
  }

  @Test("kill -9 at any moment of a removal leaves whole runs, and the next agent removes the rest")
  func killed() throws {
    let scene = try Self.scene(keep: 200)
    let agent = scene.agent
    for _ in 1...12 { _ = try scene.run() }
    // So much that a removal takes its time.
    for number in 1...12 {
      try runChecked(["sh", "-c", "mkdir more && cd more && seq 1 1500 | xargs touch"], in: agent.runDirectory(number))
    }
    #expect(agent.terminate())
    let text = try agent.area.read("pushrod.yml").replacingOccurrences(of: "runs: 200", with: "runs: 1")
    try agent.area.write("pushrod.yml", text)
    var random = SeededGenerator(seed: 26)
    var sawSome = false
    for _ in 1...12 {
      try agent.start()
      usleep(UInt32.random(in: 0..<40_000, using: &random))
      // What is told of is whole; what is half gone is told of no more.
      for number in try scene.rows {
        let log = try run(
          [
            "curl", "-sS", "--unix-socket", agent.socket, "-w", "%{http_code}",
            "http://localhost/api/runs/\(number)/steps/1/log",
          ])
        #expect(log.output == Self.output + "200" || log.output.hasSuffix("404"), "run \(number)")
      }
      agent.kill9()
      sawSome = sawSome || scene.directories.contains { $0.hasPrefix(".removing") } || scene.directories.count < 12
    }
    #expect(sawSome)
    try agent.start()
    try waitUntil("one run is left") { try scene.rows == [12] && scene.directories == ["12"] }
  }

  @Test("links in the places of folders lead nowhere: nothing is written, read or removed behind them")
  func links() throws {
    let scene = try Self.scene(keep: 1)
    let agent = scene.agent
    let victim = agent.area.file("victim")
    try agent.area.write("victim/events.jsonl", "precious\n")
    try agent.area.write("victim/latest/file", "precious\n")
    func untouched() throws -> Bool {
      try FileManager.default.contentsOfDirectory(atPath: victim).sorted() == ["events.jsonl", "latest"]
        && agent.area.read("victim/events.jsonl") == "precious\n"
        && FileManager.default.contentsOfDirectory(atPath: victim + "/latest") == ["file"]
    }
    func replace(_ path: String) throws {
      try FileManager.default.removeItem(atPath: path)
      try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: victim)
    }
    _ = try scene.run()
    try replace(agent.runDirectory(1))
    try replace(agent.area.file("data/logs/shop"))
    let status = try runChecked([
      "curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "--unix-socket", agent.socket,
      "http://localhost/api/runs/1/log",
    ])
    #expect(status == "404")
    // A run directory that is a link before the run begins, as an earlier step can make it.
    try FileManager.default.createSymbolicLink(atPath: agent.runDirectory(2), withDestinationPath: victim)
    let second = try #require(try agent.post(scene.push).runs.first)
    let shown = try agent.finished(second)
    #expect(shown.run.state == .failed)
    #expect(shown.run.reason?.contains("the run directory could not be made") == true, "\(shown.run.reason ?? "-")")
    #expect(try scene.run() == 3)
    #expect(agent.log.contains("event=link_failed"))
    #expect(try untouched())

    #expect(try agent.pushrod("reload").status == 0)
    try waitUntil("the links are removed with their runs") { try scene.rows == [3] && scene.directories == ["3"] }
    #expect(try untouched())
  }

  @Test("what the agent could not remove, the next runner does, with its own rights")
  func leftovers() throws {
    let scene = try Self.scene(keep: 200)
    // With this run's end the janitor's first turn is over, and the next one is a minute away.
    _ = try scene.run()
    try scene.agent.area.write("left/made/by/a/step", "x")
    try FileManager.default.moveItem(
      atPath: scene.agent.area.file("left"), toPath: scene.agent.area.file("data/runs/.removing-9"))
    _ = try scene.run()
    try waitUntil("the runner has cleared up") { scene.directories == ["1", "2"] }
  }
}
