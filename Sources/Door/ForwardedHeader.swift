import Model

/// `Forwarded` (RFC 7239), by its grammar and to the letter: a client can write the left part of the header, and must
/// not be able to make its own text swallow what the proxy appends.
enum ForwardedHeader {
  /// The hops of one field line, from left to right.
  /// - Returns: `nil` where the line does not follow the grammar.
  static func nodes(_ line: String) -> [ForwardedNode]? {
    var reading = Reading(bytes: Array(line.utf8))
    var nodes: [ForwardedNode] = []
    repeat {
      guard nodes.count < 64, let node = reading.element() else { return nil }
      nodes.append(node)
    } while reading.take(UInt8(ascii: ","))
    return reading.isAtEnd ? nodes : nil
  }

  private struct Reading {
    let bytes: [UInt8]
    var next = 0

    var isAtEnd: Bool { next == bytes.count }

    mutating func take(_ byte: UInt8) -> Bool {
      guard next < bytes.count, bytes[next] == byte else { return false }
      next += 1
      return true
    }

    private mutating func skipBlanks() {
      while next < bytes.count, bytes[next] == UInt8(ascii: " ") || bytes[next] == UInt8(ascii: "\t") { next += 1 }
    }

    /// `for=…;by=…`. One without `for` keeps to itself who it got the request from.
    mutating func element() -> ForwardedNode? {
      var node: ForwardedNode?
      var pairs = 0
      repeat {
        skipBlanks()
        guard let name = token() else {
          // `a=b;;c=d` is allowed, an element with nothing in it is not.
          continue
        }
        guard take(UInt8(ascii: "=")), let value = token() ?? quoted() else { return nil }
        pairs += 1
        skipBlanks()
        guard name.lowercased() == "for" else { continue }
        guard node == nil, let said = ForwardedNode(value[...]) else { return nil }
        node = said
      } while take(UInt8(ascii: ";"))
      return pairs > 0 ? node ?? .hidden : nil
    }

    /// RFC 9110, section 5.6.2.
    private mutating func token() -> String? {
      let start = next
      while next < bytes.count, Headers.isTokenByte(bytes[next]) { next += 1 }
      return next > start ? String(decoding: bytes[start..<next], as: UTF8.self) : nil
    }

    /// RFC 9110, section 5.6.4.
    private mutating func quoted() -> String? {
      guard take(UInt8(ascii: "\"")) else { return nil }
      var value: [UInt8] = []
      while next < bytes.count {
        let byte = bytes[next]
        next += 1
        if byte == UInt8(ascii: "\"") { return String(decoding: value, as: UTF8.self) }
        if byte == UInt8(ascii: "\\") {
          guard next < bytes.count else { return nil }
          value.append(bytes[next])
          next += 1
        } else {
          value.append(byte)
        }
      }
      return nil
    }
  }
}
