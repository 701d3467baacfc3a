public import Agent
public import AsyncHTTPClient
import FoundationEssentials
import Model
import NIOCore
import NIOHTTP1
import Synchronization

/// PayPal's "Verify webhook signature" (`POST /v1/notifications/verify-webhook-signature`).
///
/// The event goes into the question byte for byte as it came: written anew, it would have another CRC-32 than the one
/// that is signed. Nothing is believed but a status of 200 with `SUCCESS` or `FAILURE` in it.
public final class PayPalVerification: RemoteVerification {
  /// The service that moves real money; the sandbox is another one.
  public static let liveAPI = "https://api-m.paypal.com"

  /// What else is asked meanwhile is told to come back: a flood of questions must not become one of connections.
  private static let mostQuestions = 16
  private static let largestAnswer = 64 << 10

  private let client: HTTPClient
  private let patience: Duration
  private let tokens: PayPalTokens
  private let questions = Mutex(0)

  /// - Parameters:
  ///   - client: stays its owner's to shut down.
  ///   - patience: for one question with all that it takes. The agent's own sender waits meanwhile.
  public init(client: HTTPClient, patience: Duration = .seconds(5)) {
    self.client = client
    self.patience = patience
    tokens = PayPalTokens(client: client)
  }

  public func answer(to question: RemoteQuestion) async -> RemoteAnswer {
    let isFree = questions.withLock { count in
      guard count < PayPalVerification.mostQuestions else { return false }
      count += 1
      return true
    }
    guard isFree else {
      return .unavailable(reason: "PayPal is being asked about \(PayPalVerification.mostQuestions) others already")
    }
    defer { questions.withLock { $0 -= 1 } }
    do {
      return try await withThrowingTaskGroup(of: RemoteAnswer.self) { tasks in
        tasks.addTask { try await self.ask(question) }
        tasks.addTask { [patience] in
          try await Task.sleep(for: patience)
          return .unavailable(reason: "PayPal did not answer within \(Seconds(patience / .seconds(1)))")
        }
        defer { tasks.cancelAll() }
        return try await tasks.next() ?? .unavailable(reason: "nothing was asked")
      }
    } catch {
      return .unavailable(reason: "PayPal could not be asked: \(error)")
    }
  }

  private func ask(_ question: RemoteQuestion) async throws -> RemoteAnswer {
    let account = PayPalTokens.Account(
      api: question.api ?? PayPalVerification.liveAPI, clientID: question.clientID, secrets: question.clientSecrets)
    let body = try PayPalQuestion(question).json(event: question.body)
    var token = try await tokens.token(for: account)
    var (status, answer) = try await post(body, to: account.api, token)
    if status == .unauthorized {
      // It was taken back before its time.
      token = try await tokens.token(for: account, after: token)
      (status, answer) = try await post(body, to: account.api, token)
    }
    return PayPalVerification.read(status, answer)
  }

  private func post(
    _ body: ByteBuffer, to api: String, _ token: PayPalTokens.Token
  ) async throws -> (HTTPResponseStatus, ByteBuffer) {
    var request = HTTPClientRequest(url: api + "/v1/notifications/verify-webhook-signature")
    request.method = .POST
    request.headers = [
      "Content-Type": "application/json", "Accept": "application/json", "Authorization": "Bearer \(token.text)",
      "User-Agent": "pushrod/\(PushrodVersion.current)",
    ]
    request.body = .bytes(body)
    let response = try await client.execute(request, timeout: .nanoseconds(Int64(patience / .nanoseconds(1))))
    return (response.status, try await response.body.collect(upTo: PayPalVerification.largestAnswer))
  }

  private static func read(_ status: HTTPResponseStatus, _ body: ByteBuffer) -> RemoteAnswer {
    struct Answer: Decodable {
      var verificationStatus: String
      enum CodingKeys: String, CodingKey { case verificationStatus = "verification_status" }
    }
    switch status.code {
    case 200:
      let answer = try? JSONDecoder().decode(Answer.self, from: Data(body.readableBytesView))
      switch answer?.verificationStatus {
      case "SUCCESS": return .genuine
      case "FAILURE": return .forged(reason: "PayPal says that it did not sign this")
      default: return .unavailable(reason: "PayPal's answer says neither SUCCESS nor FAILURE")
      }
    case 400, 422:
      return .forged(
        reason: "PayPal cannot have signed this: it refused the question itself (status \(status.code)); "
          + "where every delivery ends so, `webhook_id` is wrong")
    default:
      return .unavailable(reason: "PayPal's verify endpoint answered with status \(status.code)")
    }
  }
}
