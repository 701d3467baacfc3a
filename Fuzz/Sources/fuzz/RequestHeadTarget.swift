@testable import Hook
import NIOCore
import NIOEmbedded
import NIOHTTP1

extension FuzzTarget {
  /// What a client sends to the hook endpoint, from its first byte on, in two pieces: the first byte of the input says where
  /// it is cut.
  static let requestHead = FuzzTarget("request-head") { bytes in
    guard let first = bytes.first else { return }
    let rest = bytes.dropFirst()
    let cut = rest.startIndex + min(Int(first), rest.count)
    let channel = EmbeddedChannel()
    defer { _ = try? channel.finish(acceptAlreadyClosed: true) }
    var limits = NIOHTTPDecoderLimitConfiguration()
    limits.maxHeaderFieldCount = 100
    let decoder = HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes, limitConfiguration: limits)
    do {
      try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(decoder))
      for piece in [rest[..<cut], rest[cut...]] { try channel.writeInbound(ByteBuffer(bytes: piece)) }
    } catch {
      // Refused by the parser.
    }
    while let part = try? channel.readInbound(as: HTTPServerRequestPart.self) {
      if case .head(let head) = part { read(head) }
    }
  }

  private static func read(_ head: HTTPRequestHead) {
    if case .hook(let source, _, _) = HookRoute(method: head.method, target: head.uri) {
      require((1...64).contains(source.utf8.count) && source.utf8.allSatisfy { (0x2d...0x7a).contains($0) }, "a source")
      require(!source.utf8.contains(UInt8(ascii: "/")), "a source with a slash")
    }
    do throws(HookReply) {
      let read = try HookHead(head, bodyLimit: 1 << 20)
      require(!read.isChunked || read.contentLength == nil, "two lengths")
      require((0...(1 << 20)).contains(read.contentLength ?? 0), "a length over the limit")
      require(head.headers["host"].count <= 1, "two hosts")
    } catch {
      require((400..<600).contains(error.status.code), "a refusal with \(error.status)")
    }
  }
}
