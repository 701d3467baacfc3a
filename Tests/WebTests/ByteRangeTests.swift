import Testing

@testable import Web

@Suite("Range headers")
struct ByteRangeTests {
  @Test(
    "a range is read as RFC 9110 says",
    arguments: [
      (nil, 10, .whole),
      ("bytes=0-3", 10, .part(0..<4)),
      ("bytes=4-", 10, .part(4..<10)),
      ("bytes=-3", 10, .part(7..<10)),
      ("bytes=-30", 10, .part(0..<10)),
      ("bytes=0-99999999999999999999999", 10, .part(0..<10)),
      ("bytes=9-9", 10, .part(9..<10)),
      ("bytes=10-", 10, .unsatisfiable),
      ("bytes=10-20", 10, .unsatisfiable),
      ("bytes=-0", 10, .unsatisfiable),
      ("bytes=0-", 0, .unsatisfiable),
      ("bytes=-5", 0, .unsatisfiable),
      ("bytes=99999999999999999999999-", 10, .unsatisfiable),
      ("bytes=5-4", 10, .whole),
      ("bytes=-", 10, .whole),
      ("bytes=", 10, .whole),
      ("bytes=a-b", 10, .whole),
      ("bytes=+1-2", 10, .whole),
      ("bytes=0-1,3-4", 10, .whole),
      ("bytes=1-2-3", 10, .whole),
      ("lines=0-1", 10, .whole),
    ] as [(String?, Int, ByteRange)])
  func reading(header: String?, size: Int, expected: ByteRange) {
    #expect(ByteRange(header: header, size: size) == expected)
  }
}
