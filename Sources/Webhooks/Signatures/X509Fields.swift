import SwiftASN1

/// The signed part of a certificate: `TBSCertificate` of RFC 5280, section 4.1.
struct X509Fields {
  var algorithm: ASN1ObjectIdentifier?
  var issuer: ArraySlice<UInt8> = []
  var subject: ArraySlice<UInt8> = []
  var validity: ClosedRange<Double> = 0...0
  var key: ArraySlice<UInt8> = []
  var hosts: [String] = []
  var isAuthority = false
  var pathLength: Int?
  /// Where the certificate says what its key is for: whether to sign certificates.
  var mayCertify = true

  init(_ node: ASN1Node) throws {
    var fields = X509Fields()
    try DER.sequence(node, identifier: .sequence) { nodes in
      let version = try DER.optionalExplicitlyTagged(&nodes, tagNumber: 0, tagClass: .contextSpecific) {
        try Int(derEncoded: $0)
      }
      // Extensions, without which there are no hosts and no authorities, came with version 3, written 2.
      guard version == 2 else { throw X509Certificate.Malformed.value }
      _ = try ArraySlice<UInt8>(derEncoded: &nodes)
      fields.algorithm = try X509Certificate.algorithm(&nodes)
      fields.issuer = try X509Certificate.next(&nodes).encodedBytes
      fields.validity = try DER.sequence(try X509Certificate.next(&nodes), identifier: .sequence) { times in
        let start = try X509Fields.time(&times)
        let end = try X509Fields.time(&times)
        guard start <= end else { throw X509Certificate.Malformed.value }
        return start...end
      }
      fields.subject = try X509Certificate.next(&nodes).encodedBytes
      fields.key = try X509Certificate.next(&nodes).encodedBytes
      while let node = nodes.next() {
        guard node.identifier == ASN1Identifier(tagWithNumber: 3, tagClass: .contextSpecific),
          case .constructed(let inner) = node.content
        else { continue }
        for list in inner {
          try DER.sequence(list, identifier: .sequence) { extensions in
            while let node = extensions.next() { try fields.read(extension: node) }
          }
        }
      }
    }
    self = fields
  }

  private init() {}

  private mutating func read(extension node: ASN1Node) throws {
    let (identifier, isCritical, value) = try DER.sequence(node, identifier: .sequence) { nodes in
      let identifier = try ASN1ObjectIdentifier(derEncoded: &nodes)
      let isCritical = try DER.decodeDefault(&nodes, defaultValue: false)
      return (identifier, isCritical, try ASN1OctetString(derEncoded: &nodes).bytes)
    }
    let content = { try DER.parse(Array(value)) }
    switch identifier {
    case [2, 5, 29, 15]:
      // keyUsage: the sixth bit is keyCertSign.
      let bits = try ASN1BitString(derEncoded: try content()).bytes
      mayCertify = (bits.first ?? 0) & 0b0000_0100 != 0
    case [2, 5, 29, 17]:
      guard case .constructed(let names) = try content().content else { throw X509Certificate.Malformed.value }
      for name in names where name.identifier == ASN1Identifier(tagWithNumber: 2, tagClass: .contextSpecific) {
        if case .primitive(let bytes) = name.content { hosts.append(String(decoding: bytes, as: UTF8.self)) }
      }
    case [2, 5, 29, 19]:
      (isAuthority, pathLength) = try DER.sequence(try content(), identifier: .sequence) { nodes in
        (try DER.decodeDefault(&nodes, defaultValue: false), try nodes.next().map { try Int(derEncoded: $0) })
      }
    case [2, 5, 29, 32], [2, 5, 29, 37]:
      // Policies, and further uses of the key: nothing here depends on them.
      break
    default:
      guard !isCritical else { throw X509Certificate.Malformed.value }
    }
  }

  /// Seconds since 1970.
  private static func time(_ nodes: inout ASN1NodeCollection.Iterator) throws -> Double {
    let node = try X509Certificate.next(&nodes)
    if node.identifier == .utcTime {
      let time = try UTCTime(derEncoded: node)
      return seconds(time.year, time.month, time.day, time.hours, time.minutes, time.seconds)
    }
    let time = try GeneralizedTime(derEncoded: node)
    return seconds(time.year, time.month, time.day, time.hours, time.minutes, time.seconds)
  }

  /// Days are counted in years that begin in March, so that the leap day is the last one.
  private static func seconds(_ year: Int, _ month: Int, _ day: Int, _ hour: Int, _ minute: Int, _ second: Int)
    -> Double
  {
    let year = month <= 2 ? year - 1 : year
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let days = year * 365 + year / 4 - year / 100 + year / 400 + dayOfYear - 719_468
    return Double(days * 86400 + hour * 3600 + minute * 60 + second)
  }
}
