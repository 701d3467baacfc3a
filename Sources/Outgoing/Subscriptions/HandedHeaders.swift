import Model

/// Header fields that somebody in between hands on, checked as if they had come over HTTP (RFC 9110, section 5).
struct HandedHeaders {
  private(set) var headers = Headers()
  private var size = 0

  private static let most = 200
  private static let largest = 64 << 10

  /// What a connection says about itself (RFC 9110, section 7.6.1) is not part of what was sent, and what is said about
  /// the way there (RFC 7239, and what was before it) is believed of trusted proxies only.
  private static let dropped: Set<String> = [
    "connection", "keep-alive", "proxy-connection", "proxy-authorization", "proxy-authenticate", "te", "trailer",
    "transfer-encoding", "upgrade", "host", "content-length", "expect", "accept-encoding", "via", "forwarded",
    "x-real-ip", "true-client-ip", "x-client-ip", "x-cluster-client-ip", "cf-connecting-ip", "fastly-client-ip",
    "fly-client-ip",
  ]

  mutating func append(_ name: String, _ value: String) throws(UnusableDelivery) {
    let name = name.lowercased()
    guard (1...256).contains(name.utf8.count), name.utf8.allSatisfy(Headers.isTokenByte) else {
      throw UnusableDelivery(reason: "it has a header whose name is none")
    }
    guard value.unicodeScalars.allSatisfy({ $0 == "\t" || ($0.value >= 0x20 && $0.value != 0x7f) }) else {
      throw UnusableDelivery(reason: "its header \(name) has control characters in it")
    }
    if HandedHeaders.dropped.contains(name) || name.hasPrefix("x-forwarded-") { return }
    if name == "content-encoding", value.lowercased() != "identity" {
      throw UnusableDelivery(reason: "its body is compressed, and no sender that is known here does so")
    }
    size += name.utf8.count + value.utf8.count
    guard headers.fields.count < HandedHeaders.most, size <= HandedHeaders.largest else {
      throw UnusableDelivery(reason: "its headers are too many or too long")
    }
    headers.append(name, value)
  }
}
