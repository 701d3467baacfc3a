/// Reads the length-prefixed fields that SSH uses everywhere (RFC 4251, section 5).
struct SSHWireReader {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  mutating func integer() -> Int? {
    guard rest.count >= 4 else { return nil }
    let value = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
    rest = rest.dropFirst(4)
    return value
  }

  mutating func string() -> ArraySlice<UInt8>? {
    guard let length = integer(), length <= rest.count else { return nil }
    defer { rest = rest.dropFirst(length) }
    return rest.prefix(length)
  }
}
