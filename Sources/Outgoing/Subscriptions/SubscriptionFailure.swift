import AsyncHTTPClient
import Glibc
import NIOCore
import NIOPosix
import NIOSSL

/// Why a connection was not made, or did not last.
struct SubscriptionFailure: Error {
  /// A sentence that begins with who failed; for the log and for `status`.
  var reason: String
  /// The least pause before another attempt, where soon would be of no use.
  var rest: Duration = .zero

  /// What people have to put right first is not asked for every few seconds.
  static let restForPeople = Duration.seconds(60)

  init(_ reason: String, rest: Duration = .zero) {
    self.reason = reason
    self.rest = rest
  }

  /// - Parameter server: for people, such as `smee.io`.
  init(_ error: any Error, server: String) {
    switch error {
    case let failure as SubscriptionFailure: self = failure
    case let failure as HTTPClientError where failure == .readTimeout:
      reason = "\(server) sent nothing for too long, not even a sign of life."
    case let failure as HTTPClientError where failure == .connectTimeout:
      reason = "\(server) did not take the connection in time."
    case let failure as HTTPClientError where failure == .remoteConnectionClosed:
      reason = "\(server) closed the connection."
    case ChannelError.connectTimeout: reason = "\(server) did not take the connection in time."
    case ChannelError.inputClosed, ChannelError.eof: reason = "\(server) closed the connection."
    case let failure as NIOConnectionError:
      let causes = failure.connectionErrors.map { SubscriptionFailure.words(for: $0.error) }
      reason =
        causes.isEmpty
        ? "\(server) cannot be found: its name does not resolve."
        : "\(server) cannot be reached: \(causes[0])."
    case let failure as IOError: reason = "\(server) cannot be reached: \(SubscriptionFailure.words(for: failure))."
    case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError:
      reason = "\(server) was refused: its certificate is not trusted here, or it speaks no TLS (\(error))."
    default: reason = "The connection to \(server) failed: \(error)."
    }
  }
}

extension SubscriptionFailure {
  /// `Connection refused`, where the system has a word for it.
  private static func words(for error: any Error) -> String {
    guard let error = error as? IOError else { return "\(error)" }
    return String(cString: strerror(error.errnoCode))
  }
}

extension String {
  /// At most `limit` characters, each printable ASCII: words of a stranger in a sentence of ours.
  func quotable(limit: Int = 200) -> String {
    let kept = unicodeScalars.prefix(limit).map { (0x20..<0x7f).contains($0.value) ? Character($0) : "?" }
    return String(kept) + (unicodeScalars.count > limit ? "…" : "")
  }
}
