import Model
import NIOHTTP1

/// What the head of a request says about its body and its connection, checked before a byte of body is read.
struct HookHead {
  var headers = Headers()
  var contentLength: Int?
  var isChunked = false
  /// The client waits for `100 Continue` before it sends the body (RFC 9110, section 10.1.1).
  var expectsContinue = false
  /// The connection can take another request after this one.
  var keepsAlive: Bool

  var hasBody: Bool { isChunked || (contentLength ?? 0) > 0 }

  /// Reads the header fields, strictly: where two readers could disagree about a request's length or host,
  /// it is refused (RFC 9112, sections 3.2 and 6.3). What the parser refuses before does not come here.
  init(_ head: HTTPRequestHead, bodyLimit: Int) throws(HookReply) {
    keepsAlive = head.isKeepAlive && head.method != .CONNECT
    var hosts = 0
    for (name, value) in head.headers {
      headers.append(name, value)
      switch headers.fields[headers.fields.count - 1].name {
      case "host":
        hosts += 1
        guard HookHead.isHost(value) else { throw .badRequest }
      case "content-length":
        guard contentLength == nil, let length = Int(value), length >= 0 else { throw .badRequest }
        contentLength = length
      case "transfer-encoding":
        guard !isChunked, head.version == .http1_1 else { throw .badRequest }
        guard value.lowercased() == "chunked" else { throw .unknownTransferCoding }
        isChunked = true
      case "content-encoding":
        guard value.lowercased() == "identity" else { throw .encodedBody }
      case "expect":
        guard value.lowercased() == "100-continue" else { throw .expectation }
        expectsContinue = head.version == .http1_1
      case "upgrade":
        // The parser stops after a message that asks for another protocol, so the connection ends with it.
        keepsAlive = false
      default: break
      }
    }
    guard hosts == 1 || (hosts == 0 && head.version == .http1_0) else { throw .badRequest }
    guard !isChunked || contentLength == nil else { throw .badRequest }
    guard (contentLength ?? 0) <= bodyLimit else { throw .tooLarge }
  }

  /// The characters of a host and port (RFC 3986, section 3.2.2). Nothing is done with it, but who sends another thing
  /// here may mean another thing elsewhere too.
  private static func isHost(_ value: String) -> Bool {
    !value.isEmpty
      && value.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"):
          true
        default: "-._~%!$&'()*+,;=:[]".utf8.contains(byte)
        }
      }
  }
}
