@testable import Webhooks

extension FuzzTarget {
  /// A certificate in DER: PayPal's, as an administrator put it down.
  static let certificates = FuzzTarget("certificate") { bytes in
    guard let certificate = try? X509Certificate(der: bytes) else { return }
    _ = certificate.signed(certificate)
  }
}
