import AsyncHTTPClient
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix

/// Why a server could not be talked to, in words that end a sentence.
enum ConnectionProblem {
  static func words(for error: any Error) -> String {
    switch error {
    case let error as IOError: return String(cString: strerror(error.errnoCode))
    case let error as SocketAddressError.UnknownHost: return "its name cannot be looked up: \(error.errorDescription)"
    case let error as NIOConnectionError:
      // Of several addresses, the first is as good as any.
      guard let cause = error.connectionErrors.first?.error ?? error.dnsAError ?? error.dnsAAAAError else { break }
      return words(for: cause)
    case let error as HTTPClientError where error == .remoteConnectionClosed: return closed
    case is HTTPParserError:
      return "its answer is not HTTP; another protocol is spoken there, such as HTTPS where http:// was said"
    default: break
    }
    let text = "\(error)"
    if text.contains("CERTIFICATE_VERIFY_FAILED") {
      return "its certificate is not one that this machine trusts; what counts is the system's own store, which "
        + "`update-ca-certificates` makes, and not SSL_CERT_FILE"
    }
    if text.contains("failedToValidateHostname") { return "its certificate is for other names" }
    return text.hasPrefix("handshakeFailed(") ? handshake(text) : text.onOneLine
  }

  private static let closed =
    "it closed the connection without an answer; another protocol may be spoken there, such as HTTPS where http:// was "
    + "said, or PROXY"

  /// - Parameter text: with places in the library's own files, which mean nothing to anybody here.
  private static func handshake(_ text: String) -> String {
    if text.contains("WRONG_VERSION_NUMBER") {
      return "no TLS is spoken there; an address that begins with http:// may be meant"
    }
    if text.contains("EOF during handshake") { return closed }
    let reason = text.split(separator: "OPENSSL_internal:").dropFirst().first?.prefix { !$0.isWhitespace }
    return "the TLS handshake failed" + (reason.map { " (\($0.lowercased()))" } ?? "")
  }
}
