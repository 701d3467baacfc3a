import Glibc
import NIOCore

/// Why a server could not be talked to, in words that end a sentence.
enum ConnectionProblem {
  static func words(for error: any Error) -> String {
    let text = "\(error)"
    if text.contains("CERTIFICATE_VERIFY_FAILED") {
      return "its certificate is not one that this machine trusts for that name"
    }
    if let code = (error as? IOError)?.errnoCode { return String(cString: strerror(code)) }
    return text.onOneLine
  }
}
