import Agent
import HTTPTypes
import Hummingbird
import NIOCore
import NIOPosix
import RunDirectory

/// Log files, one after the other, as one text: the answer to a request without `text/event-stream`.
struct LogText: Sendable {
  private struct Part: Sendable {
    let file: LogFile
    let size: Int
  }

  private let parts: [Part]
  /// In bytes, when the files were opened; what a running step writes after that is not part of the answer.
  let size: Int

  /// The run stays as long as somebody reads it.
  private let hold: RunHold

  /// Opens the files, off the cooperative pool. Those that are not there count as empty.
  init(paths: [String], of hold: RunHold) async throws {
    self.hold = hold
    parts = try await NIOThreadPool.singleton.runIfActive {
      paths.compactMap { path in LogFile(path: path).map { Part(file: $0, size: $0.size) } }
    }
    size = parts.reduce(0) { $0 + $1.size }
  }

  /// The answer to `request`: all of it, or the range that was asked for.
  ///
  /// `If-Range` names a version of the text; as we hand out none, it never matches, and the whole is sent
  /// (RFC 9110, section 13.1.5).
  func response(to request: Request) -> Response {
    var headers: HTTPFields = [
      .contentType: "text/plain; charset=utf-8", .acceptRanges: "bytes", .cacheControl: "no-store",
      // The text is whatever a step printed: no browser may take it for anything else.
      .xContentTypeOptions: "nosniff",
    ]
    let asked = request.headers[values: .ifRange].isEmpty ? request.headers[.range] : nil
    switch ByteRange(header: asked, size: size) {
    case .whole:
      return Response(status: .ok, headers: headers, body: body(of: 0..<size))
    case .part(let range):
      headers[.contentRange] = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(size)"
      return Response(status: .partialContent, headers: headers, body: body(of: range))
    case .unsatisfiable:
      headers[.contentRange] = "bytes */\(size)"
      return Response(status: .rangeNotSatisfiable, headers: headers)
    }
  }

  private func body(of range: Range<Int>) -> ResponseBody {
    ResponseBody(contentLength: range.count) { writer in
      var start = 0
      for part in parts {
        let wanted = range.clamped(to: start..<(start + part.size))
        var position = wanted.lowerBound
        while position < wanted.upperBound {
          let (offset, limit) = (position - start, min(64 << 10, wanted.upperBound - position))
          let bytes = try await NIOThreadPool.singleton.runIfActive { part.file.read(at: offset, limit: limit) }
          // Shorter than it was: the promised length cannot be kept, and the broken connection says so.
          guard !bytes.isEmpty else { throw APIFailure.notFound("The log is not there any more.") }
          try await writer.write(ByteBuffer(bytes: bytes))
          position += bytes.count
        }
        start += part.size
      }
      try await writer.finish(nil)
    }
  }
}
