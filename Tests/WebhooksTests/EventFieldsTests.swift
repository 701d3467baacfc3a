import Foundation
import Model
import TestSupport
import Testing
import Webhooks

/// What rules about an event's fields get to see.
@Suite("Fields of events")
struct EventFieldsTests {
  private let form = "application/x-www-form-urlencoded"

  private func fields(_ sender: any Sender, _ body: [UInt8], type: String? = "application/json") throws -> JSONValue {
    try sender.fields(of: SignedRequest(headers: type.map { ["Content-Type": $0] } ?? [:], body: body, now: 0))
  }

  private func fields(_ sender: any Sender, _ body: String, type: String? = "application/json") throws -> JSONValue {
    try fields(sender, Array(body.utf8), type: type)
  }

  private func refusal(_ body: [UInt8], type: String? = "application/json") -> String? {
    do {
      _ = try fields(Stripe(), body, type: type)
      return nil
    } catch { return "\(error)" }
  }

  @Test("JSON is what it says, whatever the content type is called")
  func json() throws {
    let body = #"{"a": [1, 2.5, true, null, "\u00e9"], "b": {}}"#
    let expected = JSONValue.object([
      "a": .array([.number(1), .number(2.5), .bool(true), .null, .string("é")]), "b": .object([:]),
    ])
    for type in ["application/json", "application/vnd.api+json", "text/plain", nil] {
      #expect(try fields(Stripe(), body, type: type) == expected)
    }
    #expect(try fields(Stripe(), "[1]") == .array([.number(1)]))
  }

  @Test("half an emoji and a number that is too large spoil nothing but themselves")
  func spoilt() throws {
    #expect(
      try fields(Stripe(), #"{"a": [0, -0.5e-3, 10, 1E+2, "--5", "\"05"]}"#)
        == .object([
          "a": .array([.number(0), .number(-0.0005), .number(10), .number(100), .string("--5"), .string("\"05")])
        ]))
    #expect(
      try fields(Stripe(), #"{"a": ["\ud83d", 1e400, -1e400], "\udc00": true}"#)
        == .object([
          "a": .array([.string("\u{FFFD}"), .number(.infinity), .number(.infinity)]), "\u{FFFD}": .bool(true),
        ]))
  }

  @Test(
    "a text that cannot be read is said to be no JSON, and not to be something else",
    arguments: [
      #"{"a": --5}"#, #"{"a": 05}"#, #"{"a": 1.}"#, #"{"a": [1e]}"#, #"{"a": 1.2.3}"#, #"{"a": -}"#, #"{"a": 1-2}"#,
      #"{"a": "\x"}"#, #"{"a": ["\u12"]}"#, "{\"a\": {\"b\": \"\u{1}\"}}", #"{"\x": 1}"#,
    ])
  func badText(body: String) { #expect(refusal(Array(body.utf8)) == "The payload is not JSON.") }

  @Test("a body is a form by its content type, except of senders that post JSON in forms")
  func formsByType() {
    func isForm(_ sender: any Sender, _ type: String?) -> Bool {
      sender.isForm(SignedRequest(headers: type.map { ["Content-Type": $0] } ?? [:], body: [], now: 0))
    }
    #expect(isForm(Twilio(), form) && isForm(Stripe(), form + "; charset=UTF-8"))
    #expect(!isForm(Stripe(), "application/json") && !isForm(Stripe(), nil) && !isForm(GitHub(), form))
  }

  @Test("a form is its fields as texts; one that came twice is a list")
  func forms() throws {
    #expect(
      try fields(Twilio(), "From=%2B15551234&Body=deploy+now&To=a&To=b&Empty=&Bare", type: form + "; charset=UTF-8")
        == .object([
          "From": .string("+15551234"), "Body": .string("deploy now"), "To": .array([.string("a"), .string("b")]),
          "Empty": .string(""), "Bare": .string(""),
        ]))
    #expect(try fields(Twilio(), "", type: form) == .object([:]))
    #expect(try fields(Twilio(), "a=%ff", type: form) == .object(["a": .string("\u{FFFD}")]))
  }

  @Test("where the sender's forms hold JSON in a field, it is that JSON")
  func payload() throws {
    let body = formBody(Array(#"{"type": "block_actions", "n": 1}"#.utf8))
    let expected = JSONValue.object(["type": .string("block_actions"), "n": .number(1)])
    for sender in [Slack(), GitHub(), GiteaFamily.gitea] as [any Sender] {
      #expect(try fields(sender, body, type: form) == expected)
    }
    // A slash command has none; at Twilio `payload` would be a field like any other.
    #expect(
      try fields(Slack(), "command=%2Fdeploy&text=shop", type: form)
        == .object(["command": .string("/deploy"), "text": .string("shop")]))
    guard case .object(let texts) = try fields(Twilio(), body, type: form) else { return }
    #expect(texts["payload"] == .string(#"{"type": "block_actions", "n": 1}"#))
  }

  @Test("depth, size and number of values are bounded")
  func bounds() {
    let nested = { (depth: Int) in
      Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
    }
    #expect(refusal(nested(128)) == nil)
    #expect(refusal(nested(129)) == "The payload nests deeper than 128 levels.")
    let list = { (count: Int) in Array(("[" + Array(repeating: "1", count: count).joined(separator: ",") + "]").utf8) }
    #expect(refusal(list(99_999)) == nil)
    #expect(refusal(list(100_001)) == "The payload has more than 100000 values.")
    // Commas within a text are no values.
    #expect(refusal(Array(("[\"" + String(repeating: ",", count: 200_000) + "\"]").utf8)) == nil)
    let text = { (count: Int) in Array("\"".utf8) + [UInt8](repeating: 0x78, count: count) + Array("\"".utf8) }
    #expect(refusal(text((4 << 20) - 2)) == nil)
    #expect(refusal(text((4 << 20) - 1)) == "The event is larger than 4 MiB.")
    #expect(refusal(Array(repeating: UInt8(ascii: "&"), count: 100_000), type: form)?.contains("100000 fields") == true)
  }

  @Test("what is neither is refused", arguments: ["", "x", "{", "{\"a\": }", "\u{0}", "{} {}"])
  func broken(body: String) { #expect(refusal(Array(body.utf8)) != nil) }

  @Test("a form with a broken escape is refused")
  func brokenForm() { #expect(refusal(Array("a=%4".utf8), type: form) != nil) }

  @Test("every payload that a service really sent is read, and so is each of its prefixes or refused")
  func real() throws {
    guard let root = SharedMaterial.folder("payloads") else { return }
    let files = FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []
    var count = 0
    for file in files where file.hasSuffix(".json") && file != "index.json" {
      let bytes = Array(try readFile("\(root)/\(file)"))
      guard case .object(let fields) = try fields(GenericHMAC(), bytes) else {
        Issue.record("\(file) is no object")
        continue
      }
      let other = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any], "\(file)")
      #expect(Set(fields.keys) == Set(other.keys), "\(file)")
      count += 1
      guard file.hasPrefix("stripe") else { continue }
      for end in bytes.indices {
        do { _ = try self.fields(GenericHMAC(), Array(bytes[..<end])) } catch { #expect("\(error)".hasSuffix(".")) }
      }
    }
    #expect(count > 300)
  }

  @Test("every body of the known answers is fields, or refused with a sentence")
  func knownAnswers() throws {
    guard let folder = SharedMaterial.folder("vectors") else { return }
    var read = 0
    for name in try FileManager.default.contentsOfDirectory(atPath: folder) where name.hasSuffix(".json") {
      let file = String(name.dropLast(5))
      let sender = try #require(Senders.named(file), "\(file)")
      for answer in try KnownAnswer.all(of: file) {
        do {
          _ = try sender.fields(of: answer.request)
          read += 1
        } catch { #expect("\(error)".hasSuffix("."), "\(file) \(answer.name)") }
      }
    }
    #expect(read > 50)
  }
}
