import AgentConfiguration
import AsyncHTTPClient
import FoundationEssentials
import Glibc
import Model
import NIOCore
import NIOHTTP1
import Pipelines
import Web

/// Asks an agent over HTTP: on its Unix socket, or anywhere with a token.
struct APIClient: Sendable {
  let address: AgentAddress

  init(_ address: AgentAddress) { self.address = address }

  /// On the socket that the flag names, or a variable, or the configuration.
  init(flag: String?, config: String?, environment: [String: String]) throws(CommandExit) {
    let path: String
    do {
      path = try Configuration.socketPath(flag: flag, config: config, environment: environment)
    } catch {
      throw CommandExit(.wrongUse, error.summary)
    }
    self.init(.socket(path))
  }

  /// One for the life of the process; it ends with it.
  private static let http = {
    var configuration = HTTPClient.Configuration()
    configuration.redirectConfiguration = .disallow
    configuration.connectionPool.retryConnectionEstablishment = false
    configuration.timeout.connect = .seconds(5)
    // A live log sends a comment every 15 seconds: silence of a minute is a dead connection.
    configuration.timeout.read = .seconds(60)
    return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
  }()

  /// The largest answer that is held in memory at once; logs are streamed.
  private static let answerLimit = 128 << 20

  /// The answer's JSON as the agent sent it.
  func get(_ path: String, _ parameters: [(String, String?)] = []) async throws -> [UInt8] {
    try await bytes(of: request(.GET, path, parameters))
  }

  func get<Answer: Decodable>(
    _ type: Answer.Type, _ path: String, _ parameters: [(String, String?)] = []
  ) async throws -> Answer {
    try decoded(type, await get(path, parameters))
  }

  func post<Answer: Decodable>(
    _ type: Answer.Type, _ path: String, body: (any Encodable)? = nil
  ) async throws -> Answer {
    try decoded(type, await post(path, body: body))
  }

  /// The answer's JSON as the agent sent it.
  func post(_ path: String, body: (any Encodable)? = nil) async throws -> [UInt8] {
    var request = request(.POST, path, [])
    if let body {
      request.headers.add(name: "Content-Type", value: "application/json")
      request.body = .bytes(ByteBuffer(bytes: try JSON.encoder().encode(body)))
    }
    return try await bytes(of: request)
  }

  /// What the agent sent, which is nothing where nothing is left to say.
  @discardableResult
  func delete(_ path: String) async throws -> [UInt8] { try await bytes(of: request(.DELETE, path, [])) }

  /// The live log of a run, from `position` on.
  func events(
    ofRun number: Int, from position: String?, follow: Bool, times: Bool
  ) async throws -> HTTPClientResponse.Body {
    var request = request(.GET, "/api/runs/\(number)/log", [("follow", "\(follow)"), ("times", "\(times)")])
    request.headers.add(name: "Accept", value: "text/event-stream")
    if let position { request.headers.add(name: "Last-Event-ID", value: position) }
    return try await execute(request).body
  }

  /// What a POST makes, as it comes in.
  /// - Returns: how many bytes are announced, and them.
  func download(_ path: String) async throws -> (size: Int?, body: HTTPClientResponse.Body) {
    let response = try await execute(request(.POST, path, []))
    return (response.headers.first(name: "content-length").flatMap { Int($0) }, response.body)
  }

  /// What a GET answers, as it comes in.
  /// - Returns: how many bytes are announced, and them.
  func content(
    _ path: String, _ parameters: [(String, String?)]
  ) async throws -> (size: Int?, body: HTTPClientResponse.Body) {
    let response = try await execute(request(.GET, path, parameters))
    return (response.headers.first(name: "content-length").flatMap { Int($0) }, response.body)
  }

  // MARK: Requests

  private func request(
    _ method: HTTPMethod, _ path: String, _ parameters: [(String, String?)]
  ) -> HTTPClientRequest {
    let query = parameters.compactMap { name, value in value.map { "\(name)=\(APIClient.escaped($0))" } }
    let rest = path + (query.isEmpty ? "" : "?" + query.joined(separator: "&"))
    var request: HTTPClientRequest
    switch address {
    case .socket(let path):
      request = HTTPClientRequest(url: "http+unix://\(APIClient.escaped(path))\(rest)")
      request.headers.add(name: "Host", value: "localhost")
    case .url(let url, let token):
      // Certificates are checked, always; redirects are not followed, so the token goes to this host alone.
      request = HTTPClientRequest(url: url + rest)
      request.headers.add(name: "Authorization", value: "Bearer \(token.text)")
    }
    request.method = method
    return request
  }

  private func bytes(of request: HTTPClientRequest) async throws -> [UInt8] {
    let response = try await execute(request)
    do {
      return Array(buffer: try await response.body.collect(upTo: APIClient.answerLimit))
    } catch {
      throw notReachable(error)
    }
  }

  private func execute(_ request: HTTPClientRequest) async throws -> HTTPClientResponse {
    let response: HTTPClientResponse
    do {
      response = try await APIClient.http.execute(request, deadline: .distantFuture)
    } catch {
      throw notReachable(error)
    }
    guard (200..<300).contains(response.status.code) else {
      throw await failure(response, to: request)
    }
    return response
  }

  private func decoded<Answer: Decodable>(_ type: Answer.Type, _ bytes: [UInt8]) throws -> Answer {
    do {
      return try JSON.decoder().decode(type, from: Data(bytes))
    } catch {
      throw CommandExit(
        .failed,
        "The agent's answer is not understood; is it another version than this command "
          + "(\(PushrodVersion.current))?")
    }
  }

  /// Everything but letters and digits as `%XX` (RFC 3986, section 2.1).
  static func escaped(_ text: String) -> String {
    var escaped = ""
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
        escaped.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        escaped += (byte < 16 ? "%0" : "%") + String(byte, radix: 16)
      }
    }
    return escaped
  }
}
