import FoundationEssentials
import Model
import NIOCore
import NIOHTTP1
@testable import Outgoing

extension FuzzTarget {
  /// An event stream. Wherever it is cut, the events are the same: the first two bytes say where.
  static let eventStream = FuzzTarget("event-stream") { bytes in
    guard bytes.count > 2 else { return }
    let text = bytes.dropFirst(2)
    let cut = text.startIndex + (Int(bytes[0]) << 8 | Int(bytes[1])) % (text.count + 1)
    var whole = EventStream(limit: 256)
    let messages = whole.read(ByteBuffer(bytes: text))
    var inPieces = EventStream(limit: 256)
    let same = inPieces.read(ByteBuffer(bytes: text[..<cut])) + inPieces.read(ByteBuffer(bytes: text[cut...]))
    require(
      messages == same && whole.retry == inPieces.retry, "cut after \(cut - text.startIndex), it says something else")
    require(messages.allSatisfy { $0.data.count <= 256 }, "an event over the limit")
  }

  /// The data of one event of smee.io or gosmee.
  static let relayed = FuzzTarget("relayed") { bytes in
    do throws(UnusableDelivery) {
      guard let delivery = try RelayedDelivery(bytes, bodyLimit: 4096) else { return }
      require(delivery.body.count <= 4096, "a body over the limit")
      requirePlain(delivery.headers)
      require(
        delivery.query?.utf8.allSatisfy { (0x21...0x7e).contains($0) } != false, "a query that is no part of an address"
      )
    } catch {
      requireOneLine(error.reason, atMost: 1024, "a reason")
    }
  }

  /// One message of GitHub's forwarder.
  static let handedOver = FuzzTarget("handed-over") { bytes in
    do throws(UnusableDelivery) {
      let delivery = try ForwardedDelivery(bytes, bodyLimit: 4096)
      require(delivery.body.count <= 4096, "a body over the limit")
      requirePlain(delivery.headers)
    } catch {
      requireOneLine(error.reason, atMost: 1024, "a reason")
    }
  }

  /// The headers of a page of GitHub's list of deliveries: the time, and where the list goes on.
  static let pageHeaders = FuzzTarget("page-headers") { bytes in
    let lines = bytes.lines(2)
    if let date = HTTPDate.date(lines[0]) {
      require((0..<253_402_300_800).contains(date.timeIntervalSince1970), "a time outside of four-digit years")
    }
    guard lines.count == 2 else { return }
    if let cursor = PageLink.next("cursor", HTTPHeaders([("Link", lines[1])])) {
      require(!cursor.isEmpty && cursor.utf8.count <= 500, "a cursor of \(cursor.utf8.count) bytes")
      require(
        !cursor.utf8.contains { "&#? /\\\"".utf8.contains($0) || $0 <= 0x20 || $0 >= 0x7f },
        "a cursor that ends its parameter")
    }
  }

  /// A page of GitHub's list of deliveries.
  static let hookDeliveries = FuzzTarget("hook-deliveries") { bytes in
    guard let deliveries = try? JSONDecoder().decode([HookDelivery].self, from: Data(bytes)) else { return }
    for delivery in deliveries {
      requireOneLine(delivery.guid, atMost: 128, "an id")
      require(delivery.isAccepted == (200...299).contains(delivery.status), "a status that is no success")
    }
  }

  private static func requirePlain(_ headers: Headers) {
    for field in headers.fields {
      require(!field.value.utf8.contains { $0 == 0 || $0 == 0x0a || $0 == 0x0d }, "a header with a line break")
      require(field.name == field.name.lowercased() && field.name != "host", "a header that is not handed on")
    }
  }
}
