import Foundation
import TestSupport
import Testing

@testable import Execution

@Suite("SHA-256, by which caches are found")
struct SHA256Tests {
  private func digest(_ pieces: [[UInt8]]) -> String {
    var hash = SHA256()
    for piece in pieces { hash.update(piece) }
    return hash.finish()
  }

  @Test(
    "of the examples that NIST publishes for FIPS 180-4 is what it must be",
    arguments: [
      ("", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
      ),
      ("a", 1_000_000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
    ])
  func examples(text: String, times: Int, expected: String) {
    #expect(digest([Array(String(repeating: text, count: times).utf8)]) == expected)
  }

  @Test("is that of sha256sum, however long the bytes and wherever they are cut")
  func peer() throws {
    let bytes = (0..<200).map { UInt8($0 &* 37 & 0xff) }
    for length in [1, 54, 55, 56, 57, 63, 64, 65, 118, 119, 120, 127, 128, 129, 200] {
      let whole = Array(bytes[..<length])
      let expected = String(try runChecked(["sha256sum"], input: whole).prefix(64))
      for cut in [0, 1, length / 2, length] {
        #expect(digest([Array(whole[..<cut]), Array(whole[cut...])]) == expected, "\(length) bytes, cut after \(cut)")
      }
    }
  }
}
