@testable import Webhooks

extension FuzzTarget {
  /// A form's body.
  static let forms = FuzzTarget("form") { bytes in
    _ = try? FormBody.value(of: "payload", in: bytes)
    guard let fields = try? FormBody.fields(in: bytes) else { return }
    let written = fields.map { escaped($0.name) + [UInt8(ascii: "=")] + escaped($0.value) }
    let again = try? FormBody.fields(in: Array(written.joined(separator: [UInt8(ascii: "&")])))
    require(again == fields, "fields change when they are written and read again")
  }

  /// Every byte as `%XX`.
  private static func escaped(_ bytes: [UInt8]) -> [UInt8] {
    bytes.flatMap { Array((($0 < 16 ? "%0" : "%") + String($0, radix: 16)).utf8) }
  }
}
