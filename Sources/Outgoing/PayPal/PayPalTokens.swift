import AsyncHTTPClient
import FoundationEssentials
import Model
import NIOCore
import NIOHTTP1

/// The access tokens with which PayPal is asked: one for each account, fetched when it is first needed and kept until
/// shortly before its end (RFC 6749, section 4.4).
actor PayPalTokens {
  struct Account: Hashable, Sendable {
    var api: String
    var clientID: String
    var secrets: [Secret]
  }

  struct Token: Sendable {
    var text: String
    /// From then on it is not used any more.
    var end: ContinuousClock.Instant
    /// Tells it from those before it.
    var number: Int
  }

  /// How long before its end a token is given up: a question takes its time too.
  private static let margin: Duration = .seconds(60)

  private let client: HTTPClient
  private var tokens: [Account: Token] = [:]
  /// Many questions that need a token at once wait for one request.
  private var requests: [Account: Task<Token, any Error>] = [:]
  private var count = 0

  init(client: HTTPClient) { self.client = client }

  /// - Parameter refused: a token that did not count any more when it was used; another one comes back.
  func token(for account: Account, after refused: Token? = nil) async throws -> Token {
    if let known = tokens[account], known.end > .now, known.number > refused?.number ?? 0 { return known }
    if let request = requests[account] { return try await request.value }
    count += 1
    let number = count
    let request = Task { [client] in try await PayPalTokens.request(account, number, client) }
    requests[account] = request
    defer { requests[account] = nil }
    let token = try await request.value
    tokens[account] = token
    return token
  }

  /// The first secret that PayPal takes: while one is being changed there are two.
  private static func request(_ account: Account, _ number: Int, _ client: HTTPClient) async throws -> Token {
    for secret in account.secrets where !secret.isBlank {
      var request = HTTPClientRequest(url: account.api + "/v1/oauth2/token")
      request.method = .POST
      let credentials = Data("\(account.clientID):".utf8) + secret.bytes
      request.headers = [
        "Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json",
        "Authorization": "Basic \(credentials.base64EncodedString())",
        "User-Agent": "pushrod/\(PushrodVersion.current)",
      ]
      request.body = .bytes(ByteBuffer(string: "grant_type=client_credentials"))
      let response = try await client.execute(request, timeout: .seconds(5))
      let body = try await response.body.collect(upTo: 64 << 10)
      switch response.status.code {
      case 200: return try read(body, number)
      case 400, 401: continue
      case let code: throw PayPalFailure("its token endpoint answered with status \(code)")
      }
    }
    throw PayPalFailure("it takes none of the client secrets for the configured `client_id`")
  }

  private static func read(_ body: ByteBuffer, _ number: Int) throws -> Token {
    struct Answer: Decodable {
      var accessToken: String
      var expiresIn: Double
      enum CodingKeys: String, CodingKey {
        case accessToken = "access_token"
        case expiresIn = "expires_in"
      }
    }
    // The token becomes a header field.
    guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(body.readableBytesView)),
      (1...4096).contains(answer.accessToken.utf8.count),
      answer.accessToken.utf8.allSatisfy({ (0x21...0x7e).contains($0) }), answer.expiresIn.isFinite
    else { throw PayPalFailure("its token endpoint gave no token") }
    let life = Duration.seconds(min(max(0, answer.expiresIn), 86_400)) - margin
    return Token(text: answer.accessToken, end: .now + life, number: number)
  }
}
