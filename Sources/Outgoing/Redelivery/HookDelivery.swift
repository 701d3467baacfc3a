import FoundationEssentials

/// One attempt of GitHub's to deliver an event to a webhook, as its API lists them.
struct HookDelivery: Hashable, Sendable {
  /// Of this attempt.
  var id: Int
  /// Of the event, the same for all attempts: `X-GitHub-Delivery`.
  var guid: String
  var deliveredAt: Date
  /// GitHub's word for what happened.
  var event: String
  /// The answer's; 0 where there was none.
  var status: Int

  var isAccepted: Bool { (200..<300).contains(status) }
}

extension HookDelivery: Decodable {
  private enum CodingKeys: String, CodingKey {
    case id, guid, event
    case deliveredAt = "delivered_at"
    case status = "status_code"
  }

  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    id = try values.decode(Int.self, forKey: .id)
    guid = try values.decode(String.self, forKey: .guid)
    event = try values.decode(String.self, forKey: .event)
    status = try values.decodeIfPresent(Int.self, forKey: .status) ?? 0
    let time = try values.decode(String.self, forKey: .deliveredAt)
    let date =
      (try? Date(time, strategy: Date.ISO8601FormatStyle()))
      ?? (try? Date(time, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
    guard let date, (1...128).contains(guid.utf8.count), guid.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
      throw DecodingError.dataCorruptedError(
        forKey: .deliveredAt, in: values, debugDescription: "no time, or no id that could be one of GitHub's")
    }
    deliveredAt = date
  }
}
