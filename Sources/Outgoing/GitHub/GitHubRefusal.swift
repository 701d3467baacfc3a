import FoundationEssentials
import NIOHTTP1

/// An answer of GitHub's other than 200 to 299.
struct GitHubRefusal: Error, CustomStringConvertible {
  var status: UInt
  /// GitHub's own words in brackets, with a blank before them; empty where there are none.
  var said: String
  /// How long GitHub wants to be left alone, where it is asked too often.
  var rest: Duration?

  var description: String { "the answer is \(status)\(said)" }

  init(status: UInt, headers: HTTPHeaders, body: [UInt8]) {
    struct Answer: Decodable { var message: String? }
    let message = (try? JSONDecoder().decode(Answer.self, from: Data(body)))?.message
    self.status = status
    said = message.map { " (\($0.quotable()))" } ?? ""
    rest = RequestLimits.rest(
      status: status, headers: headers, isAboutLimits: message?.lowercased().contains("rate limit") ?? false)
  }
}
