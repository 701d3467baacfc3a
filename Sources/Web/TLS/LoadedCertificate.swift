import Glibc
import NIOCore
import NIOSSL

/// A certificate and a key that fit, ready for connections.
public struct LoadedCertificate: Sendable {
  let context: NIOSSLContext
  /// The server's own certificate is valid up to here: seconds since 1970.
  public let expires: Int

  /// - Parameters:
  ///   - certificate: PEM: the server's own first, then those that lead to a root.
  ///   - key: PEM, without a passphrase.
  ///   - now: seconds since 1970; the clock's where `nil`.
  public init(certificate: [UInt8], key: [UInt8], now: Int? = nil) throws(CertificateFailure) {
    guard let chain = try? NIOSSLCertificate.fromPEMBytes(certificate), let own = chain.first else {
      throw CertificateFailure(
        part: .certificate, cause: "it holds no certificate that can be read",
        advice: "it must be PEM: -----BEGIN CERTIFICATE----- …")
    }
    let now = now ?? time(nil)
    expires = own.notValidAfter
    guard expires > now else {
      throw CertificateFailure(
        part: .certificate, cause: "the certificate expired on \(HTTPDate.text(of: expires))", advice: "renew it")
    }
    guard own.notValidBefore <= now else {
      throw CertificateFailure(
        part: .certificate, cause: "the certificate is not valid before \(HTTPDate.text(of: own.notValidBefore))",
        advice: "see whether this machine's clock is right")
    }
    guard let privateKey = try? NIOSSLPrivateKey(bytes: key, format: .pem) else {
      throw CertificateFailure(
        part: .key, cause: "it holds no private key that can be read",
        advice: "it must be PEM, -----BEGIN PRIVATE KEY----- …, without a passphrase")
    }
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(privateKey))
    configuration.minimumTLSVersion = .tlsv12
    configuration.applicationProtocols = ["http/1.1"]
    configuration.shutdownTimeout = .seconds(2)
    guard let context = try? NIOSSLContext(configuration: configuration) else {
      throw CertificateFailure(
        part: .key, cause: "the key does not fit the certificate",
        advice: "the file of the certificate must begin with the one that was made for this key")
    }
    self.context = context
  }
}
