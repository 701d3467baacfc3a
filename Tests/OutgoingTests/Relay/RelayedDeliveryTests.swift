import Foundation
import Model
import TestSupport
import Testing

@testable import Outgoing

@Suite("A delivery as a relay tells it")
struct RelayedDeliveryTests {
  private func read(_ text: String, bodyLimit: Int = 1 << 20) throws -> RelayedDelivery? {
    try RelayedDelivery(Array(text.utf8), bodyLimit: bodyLimit)
  }

  private func reason(_ text: String, bodyLimit: Int = 1 << 20) -> String? {
    do throws(UnusableDelivery) {
      _ = try RelayedDelivery(Array(text.utf8), bodyLimit: bodyLimit)
      return nil
    } catch {
      return error.reason
    }
  }

  @Test("smee.io: the body is the very text behind `body`, and counts as rewritten")
  func smee() throws {
    let text = #"""
      {"host":"smee.io","x-github-event":"push","x-hub-signature-256":"sha256=00","content-type":"application/json",\#
      "x-forwarded-for":"192.0.2.1","connection":"close","content-length":"12",\#
      "body":{"z":1.0,"a":"\u00e9\/ü","body":{"query":1}},"query":{},"timestamp":1700000000000}
      """#
    let delivery = try #require(try read(text))
    #expect(
      delivery.headers == [
        "x-github-event": "push", "x-hub-signature-256": "sha256=00", "content-type": "application/json",
      ])
    #expect(String(decoding: delivery.body, as: UTF8.self) == #"{"z":1.0,"a":"\u00e9\/ü","body":{"query":1}}"#)
    #expect(delivery.isRewritten)
    #expect(delivery.query == nil)
  }

  @Test("gosmee: the body is what stands under `bodyB`, byte for byte, also where there is a `body`")
  func gosmee() throws {
    let raw: [UInt8] = [0x7b, 0x0a, 0xff, 0x00, 0x7d]
    let text =
      #"{"bodyB":"\#(Data(raw).base64EncodedString())","body":{"not":"this"},"timestamp":"1700000000000","x-a":"1"}"#
    let delivery = try #require(try read(text))
    #expect(delivery.body == raw)
    #expect(!delivery.isRewritten)
    #expect(delivery.headers == ["x-a": "1"])
  }

  @Test("parameters of the address are texts again")
  func query() throws {
    #expect(try read(#"{"body":{},"query":{"a":"x y&z","b":["1","2"],"c":{"d":"e"}}}"#)?.query == "a=x%20y%26z&b=1&b=2")
    #expect(try read(#"{"body":{},"query":"a=1&b=%20\r\n"}"#)?.query == "a=1&b=%20%0D%0A")
  }

  @Test("what relays say about themselves is no delivery", arguments: ["ready", "{}", #"{"message":"connected"}"#])
  func greetings(_ text: String) throws {
    #expect(try read(text) == nil)
  }

  @Test(
    "everything else is refused with its reason",
    arguments: [
      ("rubbish", "it is not the JSON object that smee.io and gosmee send"),
      ("[]", "it is not the JSON object that smee.io and gosmee send"),
      (#"{"x-a":"1"}"#, "it has neither `body` nor `bodyB`"),
      (#"{"bodyB":"*"}"#, "its `bodyB` is not base64"),
      (#"{"bodyB":1}"#, "it has neither `body` nor `bodyB`"),
      (#"{"body":{},"x-a":"1\r\nx-b: 2"}"#, "its header x-a has control characters in it"),
      (#"{"body":{},"x a":"1"}"#, "it has a header whose name is none"),
      (#"{"body":{},"":"1"}"#, "it has a header whose name is none"),
      (
        #"{"body":{},"content-encoding":"gzip"}"#,
        "its body is compressed, and no sender that is known here does so"
      ),
      (#"{"body":"0123456789"}"#, "its body has 12 bytes, and `limits.body` allows 10"),
      (
        #"{"body":{},"x-a":"\#(String(repeating: "a", count: 70_000))"}"#, "its headers are too many or too long"
      ),
    ])
  func refused(_ text: String, _ expected: String) {
    #expect(reason(text, bodyLimit: 10) == expected)
  }

  @Test("of GitHub's own payloads the slice is what was signed, as long as the relay writes them as GitHub does")
  func realPayloads() throws {
    guard let folder = SharedMaterial.folder("payloads/github") else { return }
    let files = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
    for file in files where file.hasSuffix(".json") {
      let payload = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(file)"))
      let text = Array(#"{"x-github-event":"push","body":"#.utf8) + payload + Array(#","query":{}}"#.utf8)
      let delivery = try #require(try RelayedDelivery(text, bodyLimit: 25 << 20))
      #expect(
        delivery.body.elementsEqual(
          payload.drop { [0x20, 0x0a].contains($0) }.reversed().drop { [0x20, 0x0a].contains($0) }.reversed()))
    }
  }
}
