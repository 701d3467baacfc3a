import FoundationEssentials
import Model

/// The answers of the hook endpoint. A 2xx is only ever made from what the store has recorded.
extension HookAnswer {
  /// 202 where runs start, 200 with the reason where none does; a repeated id gets the same again.
  static func recorded(_ delivery: RecordedDelivery) -> HookAnswer {
    switch delivery.verdict {
    case .started(let runs):
      HookAnswer(status: 202, Body(delivery: delivery.number, verdict: .started, runs: runs))
    case .ignored(let reason):
      HookAnswer(status: 200, Body(delivery: delivery.number, verdict: .ignored, runs: [], reason: reason))
    case .rejected(let reason):
      // The store never repeats a refused delivery; if it ever did, this is not an acceptance.
      .malformed(reason)
    }
  }

  /// The same words for every cause: a closed door tells nothing.
  static let forbidden = HookAnswer(status: 401, error: "unauthorized", "The signature is missing or wrong.")

  static let noSuchSource = HookAnswer(status: 404, error: "not_found", "There is no such source.")

  static func malformed(_ reason: String) -> HookAnswer {
    HookAnswer(status: 400, error: "malformed", reason)
  }

  static func wrongMediaType(_ reason: String) -> HookAnswer {
    HookAnswer(status: 415, error: "unsupported_media_type", reason)
  }

  /// The sender is asked to come back; nothing was recorded.
  static func unavailable(retryAfter seconds: Int) -> HookAnswer {
    var answer = HookAnswer(
      status: 503, error: "unavailable", "The delivery could not be recorded; send it again later.")
    answer.retryAfter = seconds
    return answer
  }

  private struct Body: Encodable {
    var delivery: Int
    var verdict: Verdict.Kind
    var runs: [Int]
    var reason: String?
  }

  private struct Failure: Encodable {
    struct Words: Encodable {
      var code: String
      var message: String
    }
    var error: Words
  }

  private init(status: Int, _ body: Body) {
    self.init(status: status, body: HookAnswer.text(body))
  }

  private init(status: Int, error code: String, _ message: String) {
    self.init(status: status, body: HookAnswer.text(Failure(error: .init(code: code, message: message))))
  }

  private static func text(_ value: some Encodable) -> String {
    // Strings, numbers and arrays of them always encode.
    (try? JSON.encoder().encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
  }
}
