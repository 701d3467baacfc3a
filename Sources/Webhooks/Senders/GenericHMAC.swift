import Crypto
import FoundationEssentials
public import Model

/// Any service that signs the raw body with HMAC-SHA256 or -SHA512, in a header that it names.
///
/// Read from `SenderOptions`: `signatureHeader` (`X-Signature` where not said), `algorithm`, `encoding`, `idHeader`.
/// Before the signature its algorithm may stand, as GitHub writes it: `sha256=`.
public struct GenericHMAC: Sender {
  public let name = "generic-hmac"

  public let optionKeys: Set<SenderOptions.Key> = [.signatureHeader, .idHeader, .algorithm, .encoding]

  public init() {}

  private static let usualHeader = "X-Signature"

  public func check(_ request: SignedRequest, secrets: [Secret]) -> SignatureCheck {
    SignatureCheck { () throws(Refusal) in
      let options = request.options
      let header = options.signatureHeader ?? GenericHMAC.usualHeader
      var text = Substring(try request.headers.signed(header)).utf8
      let prefix = "\(options.algorithm.rawValue)=".utf8
      if text.starts(with: prefix) { text = text.dropFirst(prefix.count) }
      let size = options.algorithm == .sha256 ? 32 : 64
      let hex = options.encoding == .base64 ? nil : HexDigest(GenericHMAC.inLowerCase(text), size: size)?.bytes
      let base64 = options.encoding == .hex ? nil : Base64.canonical(text)
      guard let code = hex ?? base64, code.count == size else {
        let form = options.encoding.map { " in \($0.rawValue)" } ?? " in hexadecimal or in base64"
        throw .invalid("\(header) is not \(size) bytes\(form)")
      }
      let keys = HMACCheck.keys(secrets)
      return switch options.algorithm {
      case .sha256: HMACCheck.check([code], over: [request.body], keys: keys, SHA256.self)
      case .sha512: HMACCheck.check([code], over: [request.body], keys: keys, SHA512.self)
      }
    }
  }

  /// Some services write hexadecimal digits in upper case. Digits in both cases nobody writes: they stay as they are,
  /// and are refused.
  private static func inLowerCase(_ text: some Collection<UInt8>) -> [UInt8] {
    let isMixed = text.contains { (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0) }
    guard !isMixed else { return Array(text) }
    return text.map { (UInt8(ascii: "A")...UInt8(ascii: "F")).contains($0) ? $0 | 0x20 : $0 }
  }

  public func meaning(of request: SignedRequest) throws(Unreadable) -> Meaning {
    .event(nil, id: request.options.idHeader.flatMap { DeliveryID.read(request.headers, [$0]) })
  }

  /// It stands in a header that only the options name.
  public func id(of headers: Headers) -> String? { nil }

  public func headers(signing request: SignedRequest, event: String, id: String, secret: Secret) -> Headers? {
    let options = request.options
    let code =
      switch options.algorithm {
      case .sha256: Array(HMACCheck.code(over: [request.body], key: secret.bytes, SHA256.self))
      case .sha512: Array(HMACCheck.code(over: [request.body], key: secret.bytes, SHA512.self))
      }
    let text = options.encoding == .base64 ? Base64.encode(code) : HexDigest(bytes: code).text
    var headers: Headers = [
      "Content-Type": "application/json", options.signatureHeader ?? GenericHMAC.usualHeader: text,
    ]
    if let name = options.idHeader { headers.append(name, id) }
    return headers
  }
}
