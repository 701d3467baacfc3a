import Agent
import HTTPTypes
import Hummingbird
import NIOCore
import NIOPosix
import RunDirectory

/// Files of a run, one after the other, as one answer: logs as text, or an artifact to be saved.
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

  /// Files that are open already.
  init(files: [LogFile], of hold: RunHold) {
    self.hold = hold
    parts = files.map { Part(file: $0, size: $0.size) }
    size = parts.reduce(0) { $0 + $1.size }
  }

  /// What a browser is told that it gets.
  enum Kind {
    case log
    case download(name: String)

    fileprivate var headers: HTTPFields {
      switch self {
      case .log: [.contentType: "text/plain; charset=utf-8"]
      case .download(let name):
        [.contentType: "application/octet-stream", .contentDisposition: Self.disposition(name)]
      }
    }

    /// RFC 6266 and 8187: the name itself, and one for readers that know only ASCII.
    private static func disposition(_ name: String) -> String {
      let plain = String(
        name.unicodeScalars.map { scalar in
          let isPlain = scalar.value > 0x1f && scalar.value < 0x7f && !"\"\\%".unicodeScalars.contains(scalar)
          return isPlain ? Character(scalar) : "_"
        })
      var encoded = ""
      for byte in name.utf8 {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
          encoded.unicodeScalars.append(Unicode.Scalar(byte))
        default: encoded += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }
      }
      return "attachment; filename=\"\(plain)\"; filename*=UTF-8''\(encoded)"
    }
  }

  /// The answer to `request`: all of it, or the range that was asked for.
  ///
  /// `If-Range` names a version of the text; as we hand out none, it never matches, and the whole is sent
  /// (RFC 9110, section 13.1.5).
  func response(to request: Request, as kind: Kind = .log) -> Response {
    var headers: HTTPFields = [
      .acceptRanges: "bytes", .cacheControl: "no-store",
      // It is whatever a step wrote: no browser may take it for anything else.
      .xContentTypeOptions: "nosniff",
    ]
    headers.append(contentsOf: kind.headers)
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
