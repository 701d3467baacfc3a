import SwiftASN1

/// The certificate that PayPal signs with, and the chain above it, as they were put down beforehand.
///
/// Nothing is fetched: the last certificate of the chain is trusted because it was given.
struct PayPalCertificates {
  let signer: X509Certificate
  private let issuers: [X509Certificate]

  /// - Parameter pem: texts of one or more certificates, the signer's first.
  init(pem texts: [String]) throws(Refusal) {
    var certificates: [X509Certificate] = []
    do {
      for text in texts {
        for document in try PEMDocument.parseMultiple(pemString: text) {
          certificates.append(try X509Certificate(der: document.derBytes))
        }
      }
    } catch {
      throw .invalid("the certificates that were given cannot be read as PEM, or are none that can be used here")
    }
    guard let signer = certificates.first else {
      throw .invalid("checking offline needs PayPal's certificate, and none was given")
    }
    guard certificates.count <= 16 else { throw .invalid("more than 16 certificates were given") }
    self.signer = signer
    issuers = Array(certificates.dropFirst())
  }

  /// Refuses a signer that is not PayPal's, or a chain that does not hold at `now` (RFC 5280, section 6.1, as far as
  /// a chain of certificates that are all at hand needs it).
  func check(now: Double) throws(Refusal) {
    guard signer.subject != signer.issuer else { throw .invalid("PayPal's certificate is signed by itself") }
    guard signer.hosts.contains(where: PayPalHost.isPayPal) else {
      throw .invalid("the certificate is for another host than PayPal's")
    }
    var current = signer
    var left = issuers
    // How many certificates stand between the signer and the issuer that is looked for.
    var below = 0
    while true {
      guard current.validity.contains(now) else {
        throw .invalid("a certificate of the chain is not valid at this time")
      }
      guard !left.isEmpty, current.subject != current.issuer else { return }
      let index = left.firstIndex { issuer in
        issuer.subject == current.issuer && issuer.isAuthority && issuer.pathLength.map { below <= $0 } ?? true
          && issuer.signed(current)
      }
      guard let index else { throw .invalid("the certificates that were given are no chain from PayPal's upwards") }
      current = left.remove(at: index)
      below += 1
    }
  }

  func isValidSignature(_ signature: [UInt8], over text: [UInt8]) -> Bool {
    signer.isValidSignature(signature, over: text)
  }
}

/// The hosts of PayPal.
enum PayPalHost {
  static func isPayPal(_ host: String) -> Bool {
    let host = host.lowercased()
    return host.utf8.allSatisfy { byte in
      (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x2d || byte == 0x2e
    } && host.hasSuffix(".paypal.com") && !host.hasPrefix(".")
  }

  /// Whether an address is one of PayPal's over HTTPS: no user, no port, nothing that another reader could take for
  /// the end of the host.
  static func isAddress(_ url: String) -> Bool {
    let prefix = "https://"
    guard url.utf8.starts(with: prefix.utf8), url.utf8.allSatisfy({ (0x21...0x7e).contains($0) && $0 != 0x5c }) else {
      return false
    }
    return isPayPal(String(url.dropFirst(prefix.count).prefix { $0 != "/" }))
  }
}
