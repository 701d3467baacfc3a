import Door
import Model
import Pipelines

/// Reads what the configuration says about who may come in: certificates, proxies, addresses, rates.
struct DoorReading {
  static let limitKeys = ["connections", "connections_per_address", "rate_per_address", "body_memory"]

  /// Of the configuration; relative paths start here.
  let folder: String

  func tls(_ value: Value) -> TLSFiles? {
    guard let fields = value.fields(["certificate", "key"], expected: "a mapping with `certificate` and `key`") else {
      return nil
    }
    guard let certificate = path(fields, "certificate", "the server's certificate and those above it, in PEM"),
      let key = path(fields, "key", "its private key, in PEM")
    else { return nil }
    return TLSFiles(certificate: certificate, key: key)
  }

  private func path(_ fields: Fields, _ key: String, _ meaning: String) -> String? {
    guard let value = fields[key] else {
      fields.value.report("`tls` has no `\(key)`: the file with \(meaning)")
      return nil
    }
    guard let text = value.string("a path") else { return nil }
    guard !text.isEmpty, text.utf8.count <= 1024 else {
      value.mismatch("a path")
      return nil
    }
    return FilePath.absolute(text, from: folder)
  }

  func proxies(_ value: Value) -> [AddressRange] {
    (value.oneOrMany(atMost: 1000) ?? []).compactMap(DoorReading.range)
  }

  func proxyProtocol(_ value: Value, proxies: Value?) -> Bool {
    guard let isOn = value.bool(), isOn else { return false }
    if proxies == nil {
      value.report(
        "`proxy_protocol` needs `trusted_proxies`: from anybody else its header would be a free choice of address",
        suggestion: "add `trusted_proxies: [127.0.0.1]`, with your proxy's address")
    }
    return true
  }

  static func limits(_ fields: Fields, _ limits: inout Configuration.Limits) {
    if let count = fields["connections"]?.integer(in: 1...100_000) { limits.connections = count }
    limits.connectionsPerAddress = fields["connections_per_address"]?.integer(in: 1...100_000)
    limits.ratePerAddress = fields["rate_per_address"].flatMap(rate)
    guard let value = fields["body_memory"], let bytes = value.byteCount(in: 1024...(1 << 40)) else { return }
    if bytes < limits.body {
      value.report("`limits.body_memory` must hold at least one body of `limits.body`, which is \(limits.body) bytes")
    }
    limits.bodyMemory = bytes
  }

  static func rate(_ value: Value) -> Rate? {
    let expected = "a rate such as 60/m"
    guard let text = value.string(expected) else { return nil }
    guard let rate = Rate(text) else {
      value.mismatch(expected, suggestion: "write a number, `/`, and s, m or h: 5/s, 60/m, 1000/h")
      return nil
    }
    return rate
  }

  static func allowList(_ value: Value) -> AllowList? {
    guard let items = value.oneOrMany(atMost: 1000) else { return nil }
    guard !items.isEmpty else {
      value.report("`\(value.path)` lists no address, so nobody could post", suggestion: "leave it out to let all in")
      return nil
    }
    var list = AllowList(ranges: [])
    for item in items {
      if case .scalar("github", _) = item.node.content {
        list.includesGitHub = true
      } else if let range = range(item) {
        list.ranges.append(range)
      }
    }
    return list
  }

  private static func range(_ value: Value) -> AddressRange? {
    let expected = "an address or a range of addresses"
    guard let text = value.string(expected) else { return nil }
    guard let range = AddressRange(text) else {
      value.mismatch(
        expected,
        suggestion: suggestion(text) ?? "write it as 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32")
      return nil
    }
    return range
  }

  /// `10.0.0.1/8`: what was meant is either the range around it or the one address.
  private static func suggestion(_ text: String) -> String? {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let address = IPAddress(parts[0]), let length = Int(parts[1]),
      (0...address.bytes.count * 8).contains(length), !parts[0].contains(".") || address.isV4
    else { return nil }
    var bytes = address.bytes
    for bit in length..<bytes.count * 8 { bytes[bit / 8] &= ~(0x80 >> (bit % 8)) }
    guard let network = IPAddress(bytes: bytes), network != address else { return nil }
    return "the range around it is \(network)/\(length); the address alone is \(address)"
  }
}
