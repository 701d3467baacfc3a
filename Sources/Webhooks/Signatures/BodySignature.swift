import Crypto
import FoundationEssentials
import Model

/// Base64 of an HMAC-SHA256 over the raw body: Shopify and WooCommerce.
enum BodySignature {
  static func check(
    _ text: some Collection<UInt8>, header: String, body: [UInt8], keys: [[UInt8]]
  ) throws(Refusal) -> SignatureCheck {
    guard let code = Base64.canonical(text), code.count == 32 else {
      throw .invalid("\(header) is not 32 bytes in base64")
    }
    return HMACCheck.check([code], over: [body], keys: keys, SHA256.self)
  }

  static func sign(_ body: [UInt8], key: [UInt8]) -> String {
    Base64.encode(Array(HMACCheck.code(over: [body], key: key, SHA256.self)))
  }
}
