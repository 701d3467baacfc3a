import EndToEndSupport
import Foundation
import Model
import TestSupport
import Testing

@Suite("Fault 25: a main loop that is stuck, and a restart with socket activation")
struct Fault25_SystemdTests {
  private static let systemd = """
    import socket, sys
    own = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    own.bind(sys.argv[1])
    while True:
        print(own.recv(4096).decode().replace("\\n", " "), flush=True)
    """

  private static let canTrace: Bool = {
    guard findProgram("strace") != nil else { return false }
    let result = try? run(["strace", "-f", "-e", "trace=fsync", "-e", "inject=fsync:delay_enter=1", "true"])
    return result?.status == 0
  }()

  /// Which loop is held up, and by what: its thread is kept from going on in one system call.
  enum Loop: String, CaseIterable, Sendable { case events, store }

  @Test(
    "the watchdog hears nothing while a main loop is stuck, and hears again when it goes on",
    .enabled(if: canTrace, "strace is not installed or may not trace"), arguments: Loop.allCases)
  func watchdog(loop: Loop) throws {
    let files = try TemporaryDirectory("fault25")
    let socket = files.file("notify")
    let systemd = try ServerProcess(["python3", "-c", Self.systemd, socket], output: files.file("told"))
    defer { systemd.stop() }
    try waitUntil("the socket is there") { FileManager.default.fileExists(atPath: socket) }
    func pings() -> Int { systemd.log.split(separator: "\n").count { $0.hasPrefix("WATCHDOG=1") } }
    func waitForPings(_ what: String) throws {
      let before = pings()
      try waitUntil(what) { pings() >= before + 3 }
    }

    let shop = try Shop("fault25", pipeline: "steps: [ 'true' ]")
    let agent = shop.agent
    try agent.start(environment: ["NOTIFY_SOCKET": socket, "WATCHDOG_USEC": "800000"])
    try waitForPings("an idle agent is alive")

    // Each such call takes six seconds from now on.
    let calls = loop == .store ? "fsync,fdatasync" : "epoll_wait,epoll_pwait,epoll_pwait2"
    var arguments = ["strace", "-o", "/dev/null", "-e", "trace=\(calls)", "-e", "inject=\(calls):delay_enter=6000000"]
    if loop == .store {
      arguments += ["-f", "-p", "\(agent.pid)"]
    } else {
      let thread = try #require(Processes.threads(of: agent.pid, named: "NIO-").first)
      arguments += ["-p", "\(thread)"]
    }
    let trace = try ServerProcess(arguments, output: files.file("strace"))
    defer { trace.stop() }
    try waitUntil("strace has attached") { trace.log.contains("attached") || trace.hasExited }
    let push = loop == .store ? try Poster(shop) : nil
    defer { push?.process.stop() }
    // From the first second on which nothing comes.
    try waitUntil("it is quiet", within: 20) {
      let before = pings()
      usleep(1_600_000)
      return pings() == before
    }
    try waitUntil("the log says which", within: 10) { agent.log.contains("event=loop_stuck") }
    #expect(agent.log.contains(loop == .store ? "store" : "events-"))
    kill(trace.pid, SIGINT)
    try waitForPings("it is alive again")
  }

  /// A push that is posted beside the test.
  private struct Poster {
    let process: ServerProcess

    init(_ shop: Shop) throws {
      let body = #"{"zen":"x","hook_id":1}"#
      let signature = try hmacSHA256(body, key: shop.agent.secret)
      process = try ServerProcess(
        [
          "curl", "-sS", "--max-time", "60", "--data-binary", body, "-H", "X-GitHub-Event: ping",
          "-H", "Content-Type: application/json", "-H", "X-GitHub-Delivery: stuck",
          "-H", "X-Hub-Signature-256: sha256=\(signature)", "http://127.0.0.1:\(shop.agent.port)/webhook/github",
        ], output: shop.agent.area.file("curl.log"))
    }
  }

  // MARK: Socket activation

  private static let hasActivation = findProgram("systemd-socket-activate") != nil

  @Test(
    "with a socket of systemd's, no request is refused or lost over many restarts",
    .enabled(if: hasActivation, "systemd-socket-activate is not installed"))
  func restarts() throws {
    let agent = try AgentUnderTest(pipelines: [:], name: "fault25")
    let port = try Loopback.freePort()
    let restarts = agent.area.file("restarts")
    // systemd-socket-activate opens the socket; the shell keeps it, as systemd would, and starts one agent after the other.
    let service = try ServerProcess(
      [
        "systemd-socket-activate", "--listen=127.0.0.1:\(port)", "--fdname=hooks", "bash", "-c",
        """
        for round in 1 2 3 4 5 6; do
          (LISTEN_PID=$BASHPID exec '\(builtExecutable("pushrod"))' serve --config '\(agent.configuration)') &
          agent=$!
          sleep 1.2
          [ $round = 6 ] || { kill -TERM $agent; wait $agent; echo $round >> '\(restarts)'; }
        done
        wait
        """,
      ], env: ["PUSHROD_RUNNER": builtExecutable("pushrod-runner")], output: agent.area.file("service.log"))
    defer { service.stop() }
    try service.waitUntilListening(on: port)

    let body = #"{"zen":"x","hook_id":1}"#
    let signature = try hmacSHA256(body, key: agent.secret)
    let answers = agent.area.file("answers")
    let sender = try ServerProcess(
      [
        "sh", "-c",
        """
        i=0
        while ! [ -e '\(restarts)' ] || [ "$(wc -l < '\(restarts)')" -lt 5 ]; do
          i=$((i + 1))
          code=$(curl -s -o /dev/null -w '%{http_code}' --max-time 20 --data-binary "$BODY" \
            -H 'Content-Type: application/json' -H 'X-GitHub-Event: ping' -H "X-GitHub-Delivery: r-$i" \
            -H "X-Hub-Signature-256: sha256=$SIGNATURE" 'http://127.0.0.1:\(port)/webhook/github')
          echo "$? $code r-$i" >> '\(answers)'
        done
        """,
      ], env: ["BODY": body, "SIGNATURE": signature], output: agent.area.file("sender.log"))
    defer { sender.stop() }
    try waitUntil("five restarts are over", within: 90) { sender.hasExited }

    let lines = try String(contentsOfFile: answers, encoding: .utf8).split(separator: "\n").map(String.init)
    #expect(lines.count > 50)
    // curl's 7 is a refused connection, 52 and 56 an answer that never came.
    #expect(lines.filter { !$0.hasPrefix("0 200 ") } == [], "\(service.log.suffix(2000))")
    let stored = try runChecked([
      "curl", "-sS", "--unix-socket", agent.socket, "http://localhost/api/deliveries?limit=500",
    ])
    for line in lines.suffix(100) { #expect(stored.contains("\"\(line.split(separator: " ")[2])\"")) }
    #expect(service.log.contains("event=activated"))
  }

  struct Handed: Sendable, CustomStringConvertible {
    var description: String
    var options: [String]
    var saysWhy: String
    var settings = ""
  }

  private static let wrong = [
    Handed(
      description: "a socket of another name", options: ["--listen=127.0.0.1:%", "--fdname=api"],
      saysWhy: "a socket named `api` was handed over"),
    Handed(description: "no name", options: ["--listen=127.0.0.1:%"], saysWhy: "FileDescriptorName=hooks"),
    Handed(
      description: "a datagram socket", options: ["--listen=127.0.0.1:%", "--datagram", "--fdname=hooks"],
      saysWhy: "is no TCP socket"),
    Handed(
      description: "an address that others reach", options: ["--listen=0.0.0.0:%", "--fdname=hooks"],
      saysWhy: "which others reach"),
  ]

  @Test(
    "what cannot be used is refused in words", .enabled(if: hasActivation, "systemd-socket-activate is not installed"),
    arguments: wrong)
  func unusable(handed: Handed) throws {
    let agent = try AgentUnderTest(pipelines: [:], name: "fault25")
    let port = try Loopback.freePort()
    let service = try ServerProcess(
      ["systemd-socket-activate"] + handed.options.map { $0.replacing("%", with: "\(port)") }
        + [builtExecutable("pushrod"), "serve", "--config", agent.configuration],
      env: ["PUSHROD_RUNNER": builtExecutable("pushrod-runner")], output: agent.area.file("service.log"))
    defer { service.stop() }
    try waitUntil("the agent has ended") {
      // It is started by the first connection, or the first packet.
      _ = try? run([
        "bash", "-c", "echo > /dev/\(handed.options.contains("--datagram") ? "udp" : "tcp")/127.0.0.1/\(port)",
      ])
      return service.hasExited
    }
    #expect(service.log.contains(handed.saysWhy), "\(service.log)")
    #expect(service.stop() == 1)
  }

  @Test("sockets that are meant for another process are left alone")
  func otherProcess() throws {
    let shop = try Shop("fault25", pipeline: "steps: [ 'env' ]")
    let agent = shop.agent
    try agent.start(environment: ["LISTEN_PID": "1", "LISTEN_FDS": "1", "LISTEN_FDNAMES": "hooks"])
    let number = try shop.push()
    #expect(try agent.finished(number).run.state == .succeeded)
    #expect(!(try agent.stepLog(number, "01-").contains("LISTEN_")))
  }
}
