import FoundationEssentials
import NIOHTTP1

/// How long a server wants to be left alone: `Retry-After` (RFC 9110, section 10.2.3), and what GitHub says beside it
/// (https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api).
enum RequestLimits {
  /// More than any limit of GitHub's; a server that asks for more does not switch the agent off.
  private static let longest: Duration = .seconds(24 * 3600)
  /// GitHub's word for a limit that it says nothing else about.
  private static let unsaid: Duration = .seconds(60)

  /// - Parameter isAboutLimits: whether the body says so.
  /// - Returns: `nil` where the answer is about something else.
  static func rest(status: UInt, headers: HTTPHeaders, isAboutLimits: Bool = false) -> Duration? {
    if let seconds = retryAfter(headers) { return min(.seconds(seconds), longest) }
    guard status == 429 || status == 403 else { return nil }
    if headers.first(name: "x-ratelimit-remaining") == "0",
      let reset = headers.first(name: "x-ratelimit-reset").flatMap({ Double($0) }), reset.isFinite
    {
      // By the server's own clock; a second more, since both are whole ones.
      return min(max(.seconds(reset - now(headers).timeIntervalSince1970 + 1), .seconds(1)), longest)
    }
    return status == 429 || isAboutLimits ? unsaid : nil
  }

  /// What the server's clock said, or, where it did not say, this machine's does.
  static func now(_ headers: HTTPHeaders) -> Date {
    headers.first(name: "date").flatMap { HTTPDate.date($0) } ?? Date()
  }

  private static func retryAfter(_ headers: HTTPHeaders) -> Double? {
    guard let text = headers.first(name: "retry-after") else { return nil }
    if let seconds = Int(text) { return Double(min(max(0, seconds), 1_000_000)) }
    guard let date = HTTPDate.date(text) else { return nil }
    return min(max(0, date.timeIntervalSince(now(headers))), 1_000_000)
  }
}
