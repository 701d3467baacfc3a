import Crypto
import CryptoExtras
import FoundationEssentials
import SwiftASN1

/// What the check of a short chain of RSA certificates needs of one (RFC 5280, section 4.1).
///
/// Anything that is not read here and is marked critical makes the certificate unusable, as the standard demands.
struct X509Certificate {
  /// The encoded names; the same name is the same bytes (section 7.1, as every issuer in use does it).
  let subject: ArraySlice<UInt8>
  let issuer: ArraySlice<UInt8>
  /// Seconds since 1970, both ends included.
  let validity: ClosedRange<Double>
  let hosts: [String]
  let isAuthority: Bool
  /// How many authorities may stand below this one; `nil`: any number.
  let pathLength: Int?

  private let signedBytes: ArraySlice<UInt8>
  private let algorithm: ASN1ObjectIdentifier
  private let signature: ArraySlice<UInt8>
  private let key: _RSA.Signing.PublicKey

  enum Malformed: Error { case value }

  init(der: [UInt8]) throws {
    var body: ASN1Node?
    var outer: (algorithm: ASN1ObjectIdentifier, signature: ArraySlice<UInt8>)?
    try DER.sequence(try DER.parse(der), identifier: .sequence) { nodes in
      body = nodes.next()
      outer = (try X509Certificate.algorithm(&nodes), try ASN1BitString(derEncoded: &nodes).bytes)
    }
    guard let body, let outer else { throw Malformed.value }
    let fields = try X509Fields(body)
    guard fields.algorithm == outer.algorithm else { throw Malformed.value }
    (algorithm, signature, signedBytes) = (outer.algorithm, outer.signature, body.encodedBytes)
    (subject, issuer, validity) = (fields.subject, fields.issuer, fields.validity)
    key = try _RSA.Signing.PublicKey(derRepresentation: Array(fields.key))
    (hosts, isAuthority, pathLength) = (fields.hosts, fields.isAuthority && fields.mayCertify, fields.pathLength)
  }

  func signed(_ certificate: X509Certificate) -> Bool {
    let signature = _RSA.Signing.RSASignature(rawRepresentation: Array(certificate.signature))
    let text = Array(certificate.signedBytes)
    return switch certificate.algorithm {
    case .rsaSHA256: key.isValidSignature(signature, for: SHA256.hash(data: text), padding: .insecurePKCS1v1_5)
    case .rsaSHA384: key.isValidSignature(signature, for: SHA384.hash(data: text), padding: .insecurePKCS1v1_5)
    case .rsaSHA512: key.isValidSignature(signature, for: SHA512.hash(data: text), padding: .insecurePKCS1v1_5)
    default: false
    }
  }

  /// RSA with SHA-256 (RFC 8017, section 8.2).
  func isValidSignature(_ signature: [UInt8], over text: [UInt8]) -> Bool {
    key.isValidSignature(
      _RSA.Signing.RSASignature(rawRepresentation: signature), for: SHA256.hash(data: text),
      padding: .insecurePKCS1v1_5)
  }

  static func next(_ nodes: inout ASN1NodeCollection.Iterator) throws -> ASN1Node {
    guard let node = nodes.next() else { throw Malformed.value }
    return node
  }

  static func algorithm(_ nodes: inout ASN1NodeCollection.Iterator) throws -> ASN1ObjectIdentifier {
    try DER.sequence(try next(&nodes), identifier: .sequence) { nodes in
      let identifier = try ASN1ObjectIdentifier(derEncoded: &nodes)
      while nodes.next() != nil {}
      return identifier
    }
  }
}

extension ASN1ObjectIdentifier {
  fileprivate static let rsaSHA256: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 1, 11]
  fileprivate static let rsaSHA384: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 1, 12]
  fileprivate static let rsaSHA512: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 1, 13]
}
