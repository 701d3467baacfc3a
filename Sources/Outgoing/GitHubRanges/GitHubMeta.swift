import FoundationEssentials
import Model

/// The part of GitHub's answer to `GET /meta` that says where its webhooks come from
/// (https://docs.github.com/en/rest/meta/meta).
enum GitHubMeta {
  /// Bytes of an answer; it holds thousands of ranges for other things.
  static let longest = 4 << 20
  private static let mostRanges = 500

  private struct Answer: Decodable {
    var hooks: [String]
  }

  /// Why an answer was not believed.
  struct Unusable: Error, CustomStringConvertible {
    let description: String
  }

  static func hooks(_ body: [UInt8]) throws(Unusable) -> [AddressRange] {
    guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(body)) else {
      throw Unusable(description: "the answer is no JSON object with a list `hooks`")
    }
    return try ranges(answer.hooks)
  }

  /// All of them or none: half a list would turn real deliveries away, and a range as wide as a continent would let in
  /// whom the list is to keep out.
  static func ranges(_ texts: [String]) throws(Unusable) -> [AddressRange] {
    guard (1...mostRanges).contains(texts.count) else {
      throw Unusable(description: "`hooks` has \(texts.count) ranges")
    }
    var ranges: [AddressRange] = []
    for text in texts {
      guard let range = AddressRange(text), range.length >= (range.prefix.isV4 ? 8 : 16) else {
        throw Unusable(description: "`hooks` has an entry that is no range, or one that is far too wide")
      }
      ranges.append(range)
    }
    return ranges
  }
}
