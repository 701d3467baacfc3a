import HTTPTypes
import Hummingbird
import Model
import NIOCore
import NIOPosix

/// A copy of the store as the answer to a request.
struct StoreCopyBody: Sendable {
  let copy: any StoreCopy

  private static let piece = 256 << 10

  var response: Response {
    Response(
      status: .ok,
      headers: [.contentType: "application/vnd.sqlite3", .contentDisposition: #"attachment; filename="pushrod.db""#],
      body: ResponseBody(contentLength: copy.size) { [copy] writer in
        var place = 0
        while place < copy.size {
          let (offset, limit) = (place, min(StoreCopyBody.piece, copy.size - place))
          let bytes = try await NIOThreadPool.singleton.runIfActive { try copy.read(at: offset, limit: limit) }
          // The promised length cannot be kept, and the broken connection says so.
          guard !bytes.isEmpty else { throw APIFailure.notFound("The copy is not there any more.") }
          try await writer.write(ByteBuffer(bytes: bytes))
          place += bytes.count
        }
        try await writer.finish(nil)
      })
  }
}
