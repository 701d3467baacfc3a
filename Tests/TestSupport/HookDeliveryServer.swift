import Foundation
import Synchronization

/// GitHub's API for the webhooks of one repository and their deliveries, as its documentation describes it: listings in
/// pages with a `Link` to the next, newest first; a redelivery is accepted with 202 and becomes another attempt with the
/// same guid.
public final class HookDeliveryServer: Sendable {
  /// One attempt.
  public struct Attempt: Sendable {
    public var id: Int
    public var guid: String
    public var hook: Int
    /// Seconds before now, by this server's clock, that it was made at.
    public var age: Double
    public var event: String
    public var status: Int
    public var isRedelivery: Bool

    public init(
      id: Int, guid: String, hook: Int = 1, age: Double, event: String = "push", status: Int = 503,
      isRedelivery: Bool = false
    ) {
      self.id = id
      self.guid = guid
      self.hook = hook
      self.age = age
      self.event = event
      self.status = status
      self.isRedelivery = isRedelivery
    }
  }

  /// An answer instead of the usual one.
  public struct Refusal: Sendable {
    public var status: Int
    public var headers: [String: String]
    public var message: String

    public init(_ status: Int, headers: [String: String] = [:], message: String = "No") {
      self.status = status
      self.headers = headers
      self.message = message
    }
  }

  public struct Behaviour: Sendable {
    /// The webhooks' numbers and where they post to.
    public var hooks: [(id: Int, url: String)] = []
    /// Attempts so far, in any order.
    public var attempts: [Attempt] = []
    /// What the next requests get whose line begins with the text; each counts once.
    public var refusals: [(line: String, refusal: Refusal)] = []
    /// The same for all requests from now on.
    public var standing: Refusal?
    /// Of the attempts listed at a time, whatever is asked for.
    public var mostOnPage = 100
    /// How far this server's clock is ahead.
    public var ahead: Double = 0
    /// Requests are read and not answered.
    public var isSilent = false

    public init() {}
  }

  private let server: ScriptedServer
  private let handler: Handler

  /// - Parameter deliver: delivers once more what has this guid; the status that it was answered with.
  public init(
    token: String = "t0ken", deliver: @escaping @Sendable (_ guid: String) -> Int = { _ in 202 }
  ) throws {
    let handler = Handler(token: token, deliver: deliver)
    self.handler = handler
    server = try ScriptedServer { connection in
      while true {
        let head = try connection.readHead()
        _ = try connection.read(head.headerField("Content-Length").flatMap { Int($0) } ?? 0)
        guard let answer = handler.answer(head) else { return connection.waitUntilGone() }
        try connection.write(answer)
      }
    }
    handler.port.withLock { [port = server.port] in $0 = port }
  }

  public var api: String { "http://127.0.0.1:\(server.port)" }
  /// Method and path of each request so far.
  public var requests: [String] { handler.log.all }
  /// The attempts that were asked for, by the id of the one that was named.
  public var asked: [Int] {
    requests.compactMap { line in
      guard line.hasPrefix("POST "), line.hasSuffix("/attempts") else { return nil }
      return Int(line.split(separator: "/").dropLast().last ?? "")
    }
  }

  public var behaviour: Behaviour { handler.behaviour.withLock { $0 } }

  public func change(_ body: (inout Behaviour) -> Void) { handler.behaviour.withLock { body(&$0) } }

  public func stop() { server.stop() }

  private final class Handler: Sendable {
    let token: String
    let deliver: @Sendable (String) -> Int
    let log = RequestLog()
    let port = Mutex(0)
    let behaviour = Mutex(Behaviour())

    init(token: String, deliver: @escaping @Sendable (String) -> Int) {
      self.token = token
      self.deliver = deliver
    }

    /// `nil`: never.
    func answer(_ head: String) -> String? {
      let line = head.prefix { $0 != "\r\n" }.split(separator: " ").prefix(2).joined(separator: " ")
      _ = log.append(line)
      let behaviour = self.behaviour.withLock { $0 }
      if behaviour.isSilent { return nil }
      if let index = behaviour.refusals.firstIndex(where: { line.hasPrefix($0.line) }) {
        let refusal = self.behaviour.withLock { $0.refusals.remove(at: index).refusal }
        return http(refusal, behaviour)
      }
      if let refusal = behaviour.standing { return http(refusal, behaviour) }
      guard head.headerField("Authorization") == "Bearer \(token)" else {
        return http(Refusal(401, message: "Bad credentials"), behaviour)
      }
      let address = String(line.split(separator: " ").last ?? "")
      let path = address.prefix { $0 != "?" }.split(separator: "/").map(String.init)
      guard path.prefix(4) == ["repos", "acme", "shop", "hooks"] else {
        return http(Refusal(404, message: "Not Found"), behaviour)
      }
      switch (line.hasPrefix("GET "), path.count) {
      case (true, 4): return http(200, hooks(behaviour), behaviour)
      case (true, 6) where path[5] == "deliveries":
        guard let hook = Int(path[4]), behaviour.hooks.contains(where: { $0.id == hook }) else { break }
        return deliveries(of: hook, address, behaviour)
      case (false, 8) where path[5] == "deliveries" && path[7] == "attempts":
        guard let id = Int(path[6]), let known = behaviour.attempts.first(where: { $0.id == id }) else { break }
        // GitHub makes the attempt when it has answered; here it has been made by then, so that tests need not wait.
        let status = deliver(known.guid)
        self.behaviour.withLock { current in
          let next = (current.attempts.map(\.id).max() ?? 0) + 1
          current.attempts.append(
            Attempt(
              id: next, guid: known.guid, hook: known.hook, age: 0, event: known.event, status: status,
              isRedelivery: true))
        }
        return http(202, "{}", behaviour)
      default: break
      }
      return http(Refusal(404, message: "Not Found"), behaviour)
    }

    private func hooks(_ behaviour: Behaviour) -> String {
      let items = behaviour.hooks.map { hook in
        #"{"type":"Repository","id":\#(hook.id),"name":"web","active":true,"events":["push"],"#
          + #""config":{"content_type":"json","insecure_ssl":"0","url":"\#(hook.url)"}}"#
      }
      return "[\(items.joined(separator: ","))]"
    }

    private func deliveries(of hook: Int, _ address: String, _ behaviour: Behaviour) -> String {
      var size = behaviour.mostOnPage
      var cursor: Int?
      for pair in (address.split(separator: "?").dropFirst().first ?? "").split(separator: "&") {
        if pair.hasPrefix("per_page=") { size = min(size, Int(pair.dropFirst(9)) ?? 30) }
        if pair.hasPrefix("cursor=v1_") { cursor = Int(pair.dropFirst(10)) }
      }
      let all = behaviour.attempts.filter { $0.hook == hook }.sorted { ($0.age, -$0.id) < ($1.age, -$1.id) }
      let rest = cursor.flatMap { cursor in all.firstIndex { $0.id == cursor }.map { all[$0...] } } ?? all[...]
      let page = rest.prefix(size)
      var headers: [String: String] = [:]
      if let next = rest.dropFirst(size).first {
        headers["Link"] =
          "<http://127.0.0.1:\(port.withLock { $0 })/repositories/1/hooks/\(hook)/deliveries?per_page=\(size)&cursor=v1_\(next.id)>; rel=\"next\""
      }
      let items = page.map { attempt in
        let time = ISO8601DateFormatter().string(from: now(behaviour).addingTimeInterval(-attempt.age))
        let status = (200..<300).contains(attempt.status) ? "OK" : "Invalid HTTP Response: \(attempt.status)"
        return #"{"id":\#(attempt.id),"guid":"\#(attempt.guid)","delivered_at":"\#(time)","#
          + #""redelivery":\#(attempt.isRedelivery),"duration":0.27,"status":"\#(status)","#
          + #""status_code":\#(attempt.status),"event":"\#(attempt.event)","action":null,"installation_id":null,"#
          + #""repository_id":1,"throttled_at":null}"#
      }
      return http(200, "[\(items.joined(separator: ","))]", behaviour, headers)
    }

    private func http(_ refusal: Refusal, _ behaviour: Behaviour) -> String {
      http(refusal.status, #"{"message":"\#(refusal.message)"}"#, behaviour, refusal.headers)
    }

    private func http(
      _ status: Int, _ body: String, _ behaviour: Behaviour, _ headers: [String: String] = [:]
    ) -> String {
      let formatter = DateFormatter()
      formatter.locale = Locale(identifier: "en_US_POSIX")
      formatter.timeZone = TimeZone(identifier: "GMT")
      formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
      let lines = headers.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)\r\n" }.joined()
      return "HTTP/1.1 \(status) Said\r\nContent-Type: application/json; charset=utf-8\r\n"
        + "Date: \(formatter.string(from: now(behaviour)))\r\n\(lines)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    private func now(_ behaviour: Behaviour) -> Date { Date().addingTimeInterval(behaviour.ahead) }
  }
}
