import EndToEndSupport
import Foundation
import TestSupport
import Testing

/// The protocol of sd_notify(3), as the real `serve` speaks it to a socket of the test's own.
@Suite("What systemd is told")
struct SystemdMessagesTests {
  private static let listener = """
    import socket, sys
    own = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    own.bind(sys.argv[1])
    while True:
        print(own.recv(4096).decode().replace("\\n", " "), flush=True)
    """

  @Test("ready, alive, reloading and ready again at SIGHUP, which takes new pipelines, and stopping")
  func messages() throws {
    let files = try TemporaryDirectory("notify")
    let socket = files.file("notify")
    let systemd = try ServerProcess(["python3", "-c", Self.listener, socket], output: files.file("told"))
    try waitUntil("the socket is there") { FileManager.default.fileExists(atPath: socket) }
    func count(_ word: String) -> Int {
      systemd.log.split(separator: "\n").count { $0.split(separator: " ").contains { $0 == word } }
    }

    let agent = try AgentUnderTest(pipelines: [:])
    try agent.start(environment: ["NOTIFY_SOCKET": socket, "WATCHDOG_USEC": "400000"])
    try waitUntil("READY is sent") { count("READY=1") == 1 }
    try waitUntil("the watchdog is fed") { count("WATCHDOG=1") >= 2 }

    let url = "https://github.com/acme/shop.git"
    try agent.area.write(
      "pipelines/shop.yml", "name: shop\nrepo: \(url)\non: { push: { branches: [main] } }\nsteps: ['true']\n")
    kill(agent.pid, SIGHUP)
    try waitUntil("RELOADING is sent, and READY after it") { count("RELOADING=1") == 1 && count("READY=1") == 2 }
    let push = GitHubPush(cloneURL: url, ref: "refs/heads/dev", after: String(repeating: "a", count: 40))
    #expect(try agent.post(push).body.contains("not in [main]"))

    #expect(agent.terminate())
    try waitUntil("STOPPING is sent") { count("STOPPING=1") == 1 }
  }
}
