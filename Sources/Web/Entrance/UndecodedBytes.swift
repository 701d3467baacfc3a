import NIOCore
import NIOHTTP1

/// Bounds what the parser behind it keeps of a request that makes no progress.
///
/// The parser's own limits are for fields that have begun: it keeps, and does not count, blanks before a value, after a target
/// or in a trailer, however many come.
final class UndecodedBytes: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  private let limit: Int
  private var count = 0
  private var isOver = false

  /// - Parameter headerList: bytes that the fields of a request may have. Its target and their frame may have as much again;
  ///   one reading more may come before anything is found out.
  init(headerList: Int) { limit = 2 * headerList + UndecodedBytes.largestReading }

  private static let largestReading = 64 << 10

  /// In front of the parser that is in the pipeline.
  static func add(to pipeline: ChannelPipeline.SynchronousOperations, headerList: Int) throws -> UndecodedBytes {
    let parser = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
    let bytes = UndecodedBytes(headerList: headerList)
    try pipeline.addHandler(bytes, position: .before(parser))
    return bytes
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isOver else { return }
    count += unwrapInboundIn(data).readableBytes
    context.fireChannelRead(data)
    guard count > limit else { return }
    isOver = true
    context.fireErrorCaught(HTTPParserError.headerOverflow)
  }

  /// The parser has come to the end of something: a head, a piece of a body, a request.
  func madeProgress() { count = 0 }
}
