import FoundationEssentials
import Model

/// The outer part of what Slack posts: for its Events API, and when somebody presses a button.
struct SlackPayload: Decodable {
  var type: String?
  var challenge: String?
  var eventID: String?
  /// Of an interaction.
  var triggerID: String?
  var event: Event?

  enum CodingKeys: String, CodingKey {
    case type, challenge, event
    case eventID = "event_id"
    case triggerID = "trigger_id"
  }

  struct Event: Decodable { var type: String? }
}

/// The answer to `url_verification`.
struct SlackChallenge: Encodable {
  var challenge: String

  func json() throws(Unreadable) -> String {
    guard let data = try? JSON.encoder().encode(self) else { throw .body("`challenge` in the payload is no text.") }
    return String(decoding: data, as: UTF8.self)
  }
}
