import Crypto
import FoundationEssentials
import Model

/// The signature of the Standard Webhooks specification: over `id.timestamp.body`, with HMAC-SHA256 (`v1`) or
/// Ed25519 (`v1a`), in a list that a sender fills while it changes its key.
///
/// What kind of key a secret is, its prefix says: `whpk_` is a public key for `v1a` alone, anything else a shared
/// one for `v1` alone. Were both tried with both, the public key, which is no secret, could sign as a shared one.
struct StandardSignature {
  var id: String
  var timestamp: String
  /// The list: `v1,… v1a,… v1,…`.
  var list: String

  /// More than any sender lists; each `v1a` costs a verification.
  private static let most = 16

  func check(_ request: SignedRequest, secrets: [Secret]) throws(Refusal) -> SignatureCheck {
    guard !id.isEmpty else { throw .invalid("the id that is signed along is empty") }
    guard !isAmbiguous else {
      throw .invalid("the id ends in a dot and a time, so where the signed time begins could be read in two ways")
    }
    try SignedTime.check(timestamp, request)
    let signatures = list.utf8.split(separator: UInt8(ascii: " "))
    guard signatures.count <= Self.most else { throw .invalid("there are more than \(Self.most) signatures") }
    let prefix = Array("\(id).\(timestamp).".utf8)

    let secrets = secrets.filter { !$0.isBlank }
    guard !secrets.isEmpty else { throw .invalid(HMACCheck.noSecret) }
    let sharedKeys = secrets.compactMap(Self.sharedKey)
    let publicKeys = secrets.compactMap(Self.publicKey)
    guard !sharedKeys.isEmpty || !publicKeys.isEmpty else {
      throw .invalid("no secret is a key: `whsec_` or `whpk_` and base64")
    }
    let codes = Self.values("v1", in: signatures)
    if !sharedKeys.isEmpty, !codes.isEmpty,
      HMACCheck.check(codes, over: [prefix, request.body], keys: sharedKeys, SHA256.self) == .valid
    {
      return .valid
    }
    let candidates = Self.values("v1a", in: signatures)
    if !candidates.isEmpty, !publicKeys.isEmpty {
      // Ed25519 hashes the text twice, so it has to be in one piece.
      let text = prefix + request.body
      for key in publicKeys where candidates.contains(where: { key.isValidSignature($0, for: text) }) {
        return .valid
      }
    }
    return .invalid(reason: HMACCheck.doesNotFit)
  }

  /// Whether what stands after the id's last dot could be a time of this age: a delivery that was captured could be put
  /// together anew from the same signed text, with its own time in the id and a number of its body as the time.
  private var isAmbiguous: Bool {
    guard let dot = id.utf8.lastIndex(of: UInt8(ascii: ".")) else { return false }
    let rest = id.utf8[dot...].dropFirst()
    return (9...11).contains(rest.count) && rest.allSatisfy { (0x30...0x39).contains($0) }
  }

  /// The list with one `v1` signature; `nil` where the secret is no shared key.
  static func sign(id: String, timestamp: String, body: [UInt8], secret: Secret) -> String? {
    guard !secret.isBlank, let key = sharedKey(secret) else { return nil }
    let text = [Array("\(id).\(timestamp).".utf8), body]
    return "v1," + Base64.encode(Array(HMACCheck.code(over: text, key: key, SHA256.self)))
  }

  /// Whether anything could be checked with the secret.
  static func isKey(_ secret: Secret) -> Bool { sharedKey(secret) != nil || publicKey(secret) != nil }

  /// Versions that are not known are passed over: a sender may add newer ones.
  private static func values(_ version: String, in signatures: [Substring.UTF8View]) -> [[UInt8]] {
    signatures.compactMap { signature in
      let name = signature.prefix { $0 != UInt8(ascii: ",") }
      guard name.elementsEqual(version.utf8), name.endIndex < signature.endIndex else { return nil }
      return Base64.canonical(signature[name.endIndex...].dropFirst())
    }
  }

  private static func sharedKey(_ secret: Secret) -> [UInt8]? {
    guard !secret.bytes.starts(with: "whpk_".utf8), !secret.bytes.starts(with: "whsk_".utf8) else { return nil }
    let prefix = "whsec_".utf8
    let text = secret.bytes.starts(with: prefix) ? secret.bytes.dropFirst(prefix.count) : secret.bytes[...]
    return Base64.lenient(text).flatMap { $0.isEmpty ? nil : $0 }
  }

  private static func publicKey(_ secret: Secret) -> Curve25519.Signing.PublicKey? {
    let prefix = "whpk_".utf8
    guard secret.bytes.starts(with: prefix), let bytes = Base64.lenient(secret.bytes.dropFirst(prefix.count)) else {
      return nil
    }
    return try? Curve25519.Signing.PublicKey(rawRepresentation: bytes)
  }
}
