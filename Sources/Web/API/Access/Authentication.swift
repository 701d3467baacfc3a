import Agent
import Door
import HTTPTypes
import Hummingbird
import Logging
import Model
import NIOCore

/// Finds out who makes a request.
enum Authentication: Sendable {
  /// On the Unix socket: who could open it has proved enough.
  case socket
  /// Over TCP: a bearer token (RFC 6750), in the header and nowhere else, so that none ends up in an address that
  /// gets logged.
  case tokens(any AccessControl, FailedAttempts, TrustedProxies, Logger)

  /// - Throws: `APIFailure`: the same 401 for a token that is missing, unknown or expired, and 429 where an address has
  ///   had too many of them. A token that counts is never held up by the attempts of others.
  func caller(of request: Request, on channel: any Channel) throws -> Caller {
    guard case .tokens(let access, let attempts, let proxies, let logger) = self else { return .local(channel) }
    let address = Authentication.address(of: request, on: channel, proxies)
    if let text = Authentication.bearerToken(in: request.headers), let token = access.token(for: text) {
      return .token(token, address: address?.description, access)
    }
    if let seconds = attempts.note(from: address) {
      throw APIFailure.tooManyAttempts(retryAfter: seconds)
    }
    logger.notice(
      "a request without a valid token was refused",
      metadata: ["event": "api_unauthorized", "address": "\(address?.description ?? "?")"])
    throw APIFailure.unauthorized
  }

  /// For what is open to anybody: a token that is missing or does not count changes nothing, and is not noted.
  func knownCaller(of request: Request, on channel: any Channel) -> Caller? {
    guard case .tokens(let access, _, let proxies, _) = self else { return .local(channel) }
    guard let text = Authentication.bearerToken(in: request.headers), let token = access.token(for: text) else {
      return nil
    }
    return .token(token, address: Authentication.address(of: request, on: channel, proxies)?.description, access)
  }

  /// Who has the connection, or for whom a trusted proxy passes the request on; the proxy itself where its words make
  /// no sense.
  private static func address(
    of request: Request, on channel: any Channel, _ proxies: TrustedProxies
  ) -> IPAddress? {
    guard let peer = channel.peerAddress, proxies.contains(peer) else { return channel.peerAddress }
    func values(_ name: String) -> [String] { HTTPField.Name(name).map { request.headers[values: $0] } ?? [] }
    let client = try? proxies.client(
      behind: peer, forwardedFor: values("X-Forwarded-For"), forwarded: values("Forwarded"))
    return client ?? peer
  }

  /// One header, the scheme `Bearer` in any case, one blank, the token.
  private static func bearerToken(in headers: HTTPFields) -> String? {
    let values = headers[values: .authorization]
    guard values.count == 1, let value = values.first else { return nil }
    let parts = value.split(separator: " ", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
    return String(parts[1])
  }
}
