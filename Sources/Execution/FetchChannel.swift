import FoundationEssentials
import Glibc
import Model

/// The pipe on which the fetching child tells its result: one JSON object, shorter than a pipe holds.
enum FetchChannel {
  struct Message: Codable {
    var report: FetchReport
    /// Bytes that came from the repository.
    var received: Int
  }

  static func send(_ report: FetchReport, received: Int, to descriptor: Descriptor) -> Bool {
    let message = Message(report: report.shortened, received: received)
    guard var bytes = (try? JSON.encoder().encode(message)).map(Array.init) else { return false }
    bytes.append(UInt8(ascii: "\n"))
    return write(descriptor.raw, bytes, bytes.count) == bytes.count
  }

  /// `nil` where the child did not get to say anything.
  static func receive(from descriptor: Descriptor) -> Message? {
    try? JSON.decoder().decode(Message.self, from: Data(descriptor.readAvailable(limit: 65_536)))
  }
}

extension FetchReport {
  fileprivate var shortened: FetchReport {
    if case .skipped(let reason) = self { return .skipped(reason: String(reason.prefix(4000))) }
    if case .refused(let reason) = self { return .refused(reason: String(reason.prefix(4000))) }
    guard case .failed(let reason, let detail) = self else { return self }
    return .failed(reason: String(reason.prefix(4000)), detail: detail.map { String($0.prefix(4000)) })
  }
}
