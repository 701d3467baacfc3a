import AsyncHTTPClient
import FoundationEssentials
import Model
import NIOCore
import NIOHTTP1

@testable import Web

/// Asks the API under test.
struct APITestClient: Sendable {
  let socket: String
  private let http: HTTPClient

  static func with(socket: String, _ body: (APITestClient) async throws -> Void) async throws {
    let http = HTTPClient(eventLoopGroupProvider: .singleton)
    do {
      try await body(APITestClient(socket: socket, http: http))
      try await http.shutdown()
    } catch {
      try? await http.shutdown()
      throw error
    }
  }

  struct Answer {
    var status: Int
    var headers: HTTPHeaders
    var bytes: [UInt8]

    var text: String { String(decoding: bytes, as: UTF8.self) }
    /// The sentence of an error.
    var message: String { (try? decoded(APIError.self))?.error.message ?? text }
    var code: String { (try? decoded(APIError.self))?.error.code ?? "" }

    func decoded<Value: Decodable>(_ type: Value.Type) throws -> Value {
      try JSON.decoder().decode(type, from: Data(bytes))
    }
  }

  func get(_ path: String, _ headers: [String: String] = [:]) async throws -> Answer {
    try await send(.GET, path, headers, nil)
  }

  func post(_ path: String, _ body: String? = nil) async throws -> Answer {
    try await send(.POST, path, [:], body)
  }

  func send(_ method: HTTPMethod, _ path: String, _ headers: [String: String], _ body: String?) async throws -> Answer {
    let response = try await open(method, path, headers, body)
    let bytes = try await response.body.collect(upTo: 64 << 20)
    return Answer(status: Int(response.status.code), headers: response.headers, bytes: Array(buffer: bytes))
  }

  /// The response with its body still to be read.
  func open(
    _ method: HTTPMethod, _ path: String, _ headers: [String: String] = [:], _ body: String? = nil
  ) async throws -> HTTPClientResponse {
    let host = socket.utf8.map { byte in (byte < 16 ? "%0" : "%") + String(byte, radix: 16) }.joined()
    var request = HTTPClientRequest(url: "http+unix://\(host)\(path)")
    request.method = method
    request.headers.add(name: "Host", value: "localhost")
    for (name, value) in headers { request.headers.add(name: name, value: value) }
    if let body { request.body = .bytes(ByteBuffer(string: body)) }
    return try await http.execute(request, timeout: .seconds(60))
  }
}
