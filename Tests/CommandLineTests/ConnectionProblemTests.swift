import Testing

@testable import pushrod

@Suite("Why a server could not be talked to")
struct ConnectionProblemTests {
  /// An error of the TLS library, which is known by its text alone.
  private struct StandIn: Error, CustomStringConvertible {
    let description: String
  }

  @Test(
    "what is wrong with a certificate is told in words, and what would mend it",
    arguments: [
      (
        "NIOSSLExtraError.failedToValidateHostname: Couldn't find deploy.example.org in certificate from peer",
        "its certificate is for other names"
      ),
      (
        "handshakeFailed(NIOSSL.BoringSSLError.sslError([Error: 268435581 error:1000007d:SSL routines:"
          + "OPENSSL_internal:CERTIFICATE_VERIFY_FAILED at ssl/handshake.cc:390]))",
        "its certificate is not one that this machine trusts; what counts is the system's own store, which "
          + "`update-ca-certificates` makes, and not SSL_CERT_FILE"
      ),
    ])
  func certificates(text: String, words: String) {
    #expect(ConnectionProblem.words(for: StandIn(description: text)) == words)
  }
}
