import Foundation
import Glibc
import Synchronization
import TestSupport

/// Posts many signed deliveries over a number of connections at once, each as fast as it is answered.
public struct DeliveryFlood: Sendable {
  public struct Delivery: Sendable {
    public var id: String
    /// One line.
    public var body: String

    public init(id: String, body: String) {
      self.id = id
      self.body = body
    }
  }

  public struct Answer: Sendable {
    /// 0 where none came.
    public var status: Int
    public var body: String
    /// From the first byte of the request to the last one of the answer, in seconds.
    public var time: Double
    public var saysWhenToComeBack: Bool

    public var isAccepted: Bool { (200..<300).contains(status) }
  }

  private let port: Int
  private let secret: String

  public init(_ agent: AgentUnderTest) {
    port = agent.port
    secret = agent.secret
  }

  /// - Returns: the answers, in the order of the deliveries.
  public func send(_ deliveries: [Delivery], connections: Int) throws -> [Answer] {
    let requests = zip(deliveries, try signatures(of: deliveries.map(\.body))).map { delivery, signature in
      Array(
        ("POST /webhook/github HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nX-GitHub-Event: push\r\n"
          + "X-GitHub-Delivery: \(delivery.id)\r\nX-Hub-Signature-256: sha256=\(signature)\r\n"
          + "Content-Length: \(delivery.body.utf8.count)\r\n\r\n\(delivery.body)").utf8)
    }
    let shared = Shared(count: requests.count)
    let group = DispatchGroup()
    for _ in 0..<connections {
      group.enter()
      Thread.detachNewThread {
        defer { group.leave() }
        var connection: Connection?
        while let place = shared.next() {
          let began = ContinuousClock.now
          var answer = connection?.exchange(requests[place])
          if answer == nil {
            // The first of a connection, or one that the server has closed meanwhile.
            connection = Connection(port: port)
            answer = connection?.exchange(requests[place])
          }
          let time = began.duration(to: .now) / .seconds(1)
          shared.put(
            Answer(
              status: answer?.status ?? 0, body: answer?.body ?? "", time: time,
              saysWhenToComeBack: answer?.head.lowercased().contains("\r\nretry-after: ") ?? false), at: place)
        }
      }
    }
    guard group.wait(timeout: .now() + 120) == .success else { throw CommandFailure("the flood did not end") }
    return shared.answers
  }

  /// By an implementation of HMAC that is not ours, in one process.
  private func signatures(of bodies: [String]) throws -> [String] {
    let script = """
      import hashlib, hmac, sys
      for line in sys.stdin.buffer.read().split(b"\\n"):
        print(hmac.new(sys.argv[1].encode(), line, hashlib.sha256).hexdigest())
      """
    return try runChecked(["python3", "-c", script, secret], input: Array(bodies.joined(separator: "\n").utf8))
      .split(separator: "\n").map(String.init)
  }

  private final class Shared: Sendable {
    private let state: Mutex<(next: Int, answers: [Answer])>

    init(count: Int) {
      let none = Answer(status: 0, body: "", time: 0, saysWhenToComeBack: false)
      state = Mutex((0, Array(repeating: none, count: count)))
    }

    var answers: [Answer] { state.withLock { $0.answers } }

    func next() -> Int? {
      state.withLock { state in
        guard state.next < state.answers.count else { return nil }
        state.next += 1
        return state.next - 1
      }
    }

    func put(_ answer: Answer, at place: Int) { state.withLock { $0.answers[place] = answer } }
  }

  /// One connection that is kept open; half a minute for an answer.
  private final class Connection {
    private let descriptor: Int32
    private var received: [UInt8] = []

    init?(port: Int) {
      descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
      guard descriptor >= 0 else { return nil }
      var limit = timeval(tv_sec: 30, tv_usec: 0)
      setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = in_port_t(UInt16(port).bigEndian)
      address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
      let code = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      guard code == 0 else { return nil }
    }

    deinit { close(descriptor) }

    func exchange(_ request: [UInt8]) -> (status: Int, head: String, body: String)? {
      var sent = 0
      while sent < request.count {
        let count = request[sent...].withUnsafeBytes {
          Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        guard count > 0 else { return nil }
        sent += count
      }
      received = []
      var buffer = [UInt8](repeating: 0, count: 16_384)
      while true {
        if let answer = parsed { return answer }
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { return nil }
        received += buffer[..<count]
      }
    }

    private var parsed: (status: Int, head: String, body: String)? {
      let text = String(decoding: received, as: UTF8.self)
      guard let end = text.range(of: "\r\n\r\n") else { return nil }
      let head = String(text[..<end.lowerBound])
      let length = head.lowercased().components(separatedBy: "content-length: ").dropFirst().first
        .flatMap { Int($0.prefix { $0.isNumber }) }
      let body = text[end.upperBound...]
      guard let length, body.utf8.count >= length,
        let status = head.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
      else { return nil }
      return (status, head, String(body))
    }
  }
}
