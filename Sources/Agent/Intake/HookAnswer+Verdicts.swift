import Model
import Webhooks

/// The answers of the hook endpoint. A 2xx is only ever made from what the store has recorded.
extension HookAnswer {
  /// 202, or what else the sender insists on, where runs start; 200 where none does. A repeated id gets the same again.
  /// The reason is what people read on the sender's own page of deliveries, so it is there whatever became of it.
  static func recorded(_ delivery: RecordedDelivery, startedStatus: Int = 202) -> HookAnswer {
    let before = delivery.isRepeat ? "received before, as delivery \(delivery.number): " : ""
    let again = repetition(delivery)
    return switch delivery.verdict {
    case .started(let runs):
      accepted(startedStatus, delivery.number, .started, runs: runs, reason: before + delivery.verdict.sentence + again)
    case .ignored(let reason):
      accepted(200, delivery.number, .ignored, runs: [], reason: before + reason + again)
    case .rejected(let reason):
      // The store never repeats a refused delivery; if it ever did, this is not an acceptance.
      .malformed(reason)
    }
  }

  /// For who redelivers on purpose, and looks at the sender's page for what became of it.
  private static func repetition(_ delivery: RecordedDelivery) -> String {
    guard delivery.repeats > 0 else { return "" }
    let times = delivery.repeats == 1 ? "once" : "\(delivery.repeats) times"
    return " (sent again \(times) by now; `pushrod inbox replay \(delivery.number)` has it run anew)"
  }

  /// What the sender waits for; the delivery itself is recorded like any other.
  static func reply(_ reply: Meaning.Reply, _ delivery: RecordedDelivery) -> HookAnswer {
    switch reply {
    case .json(let json): HookAnswer(status: 200, body: json)
    case .text: HookAnswer(status: 200, body: "{\"text\":\(quoted(delivery.verdict.sentence))}")
    }
  }

  /// To a greeting that nobody signed. Nothing has come of it.
  static let ping = HookAnswer(status: 200, body: #"{"verdict":"ignored","reason":"ping","runs":[]}"#)

  /// The same words for every cause: a closed door tells nothing.
  static let forbidden = HookAnswer(status: 401, error: "unauthorized", "The signature is missing or wrong.")

  static let noSuchSource = HookAnswer(status: 404, error: "not_found", "There is no such source.")

  static let forbiddenAddress = HookAnswer(status: 403, error: "forbidden", "This address may not post here.")

  /// The sender is not to blame, and is asked to come back: soon there will be a list.
  static let addressesUnknown = {
    var answer = HookAnswer(
      status: 503, error: "unavailable", "The addresses that may post here are not known yet; send it again later.")
    answer.retryAfter = 60
    return answer
  }()

  static func tooMany(retryAfter seconds: Double) -> HookAnswer {
    var answer = HookAnswer(status: 429, error: "too_many", "Too many requests; send it again later.")
    answer.retryAfter = Int(seconds.rounded(.up))
    return answer
  }

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

  // Written by hand: this is on the way of every delivery, and an encoder would take longer than the signature.

  private static func accepted(
    _ status: Int, _ delivery: Int, _ verdict: Verdict.Kind, runs: [Int], reason: String
  ) -> HookAnswer {
    let runs = runs.map(String.init).joined(separator: ",")
    return HookAnswer(
      status: status,
      body:
        "{\"delivery\":\(delivery),\"reason\":\(quoted(reason)),\"runs\":[\(runs)],\"verdict\":\"\(verdict.rawValue)\"}"
    )
  }

  private init(status: Int, error code: String, _ message: String) {
    self.init(
      status: status, body: "{\"error\":{\"code\":\"\(code)\",\"message\":\(HookAnswer.quoted(message))}}")
  }

  /// A JSON string (RFC 8259, section 7).
  private static func quoted(_ text: String) -> String {
    var bytes: [UInt8] = [UInt8(ascii: "\"")]
    bytes.reserveCapacity(text.utf8.count + 16)
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
      case 0..<0x20:
        let digits = String(byte, radix: 16)
        bytes += Array("\\u00\(digits.utf8.count == 1 ? "0" : "")\(digits)".utf8)
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
    return String(decoding: bytes, as: UTF8.self)
  }
}
