import Model
import Testing
import Webhooks

@Suite("Malformed payloads")
struct MalformedPayloadTests {
  private func sentence(_ body: [UInt8], contentType: String = "application/json") -> String? {
    do {
      _ = try GitHub().meaning(of: gitHubRequest(body, contentType: contentType))
      return nil
    } catch {
      return error.description
    }
  }

  private func repository(_ changes: [String: Any?]) -> [String: Any?] {
    var repository: [String: Any] = ["full_name": "acme/shop", "clone_url": "https://github.com/acme/shop.git"]
    for (key, value) in changes { repository[key] = value }
    return ["repository": repository]
  }

  @Test("the sentence names the field that is missing, null or of the wrong kind")
  func fields() throws {
    #expect(sentence(try pushBody(["ref": nil])) == "`ref` in the payload is null.")
    #expect(sentence(try pushBody(["ref": 7])) == "`ref` in the payload is not a string.")
    #expect(sentence(try pushBody(["ref": "main"]))?.contains("`ref`") == true)
    #expect(sentence(try pushBody(["ref": "refs/heads/../x"]))?.contains("`ref`") == true)
    #expect(sentence(try pushBody(["after": "HEAD"]))?.contains("`after`") == true)
    #expect(sentence(try pushBody(["before": "22"]))?.contains("`before`") == true)
    #expect(sentence(try pushBody(["deleted": "no"])) == "`deleted` in the payload is not true or false.")
    #expect(sentence(try pushBody(["repository": []]))?.contains("`repository`") == true)
    #expect(sentence(try pushBody(["repository": [String: String]()])) == "The payload has no `repository.full_name`.")
    #expect(sentence(try pushBody(repository(["clone_url": "not an address"])))?.contains("clone_url") == true)
    #expect(sentence(try pushBody(["head_commit": ["message": 1]]))?.contains("`head_commit.message`") == true)
  }

  @Test("what only people read may be missing")
  func optional() throws {
    let meaning = try GitHub().meaning(
      of: gitHubRequest(try pushBody(["pusher": nil, "head_commit": nil, "forced": nil])))
    #expect(meaning.push?.pusher == nil)
    #expect(meaning.push?.message == nil)
    #expect(meaning.push?.forced == false)
  }

  @Test("bytes that are no JSON object are refused without a crash")
  func noJSON() throws {
    #expect(sentence([]) == "The payload is not JSON.")
    #expect(sentence(Array("{".utf8)) == "The payload is not JSON.")
    #expect(sentence(Array("[]".utf8)) == "The payload is not a JSON object.")
    #expect(sentence(Array("null".utf8))?.hasPrefix("The payload is not") == true)
    #expect(sentence(try pushBody() + Array("{}".utf8)) == "The payload is not JSON.")
    #expect(sentence([0xff, 0xfe] + Array("{}".utf8)) == "The payload is not UTF-8 text.")
    #expect(sentence(Array("{\"ref\": \"\u{0}\"}".utf8)) == "The payload is not UTF-8 text.")
    let utf16 = try pushBody().flatMap { byte -> [UInt8] in [byte, 0] }
    #expect(sentence(utf16) == "The payload is not UTF-8 text.")
    for cut in stride(from: 0, to: try pushBody().count, by: 7) {
      #expect(sentence(Array(try pushBody().prefix(cut))) != nil)
    }
  }

  @Test("half an emoji in an escape is U+FFFD, and nothing else in the text changes")
  func loneSurrogates() throws {
    func message(_ escaped: String) throws -> String? {
      let body = String(decoding: try pushBody(["head_commit": ["message": "PLACE"]]), as: UTF8.self)
      return try GitHub().meaning(of: gitHubRequest(Array(body.replacing("PLACE", with: escaped).utf8))).push?.message
    }
    for (escaped, expected) in [
      (#"a\ud83d"#, "a\u{FFFD}"), (#"\uD83Db"#, "\u{FFFD}b"), (#"\udc00"#, "\u{FFFD}"), (#"\ud83d\ude00"#, "😀"),
      (#"\uD83D\uDE00!"#, "😀!"), (#"\ud83d\ud83d\ude00"#, "\u{FFFD}😀"), (#"\ude00\ud83d"#, "\u{FFFD}\u{FFFD}"),
      (#"\ud83d\n"#, "\u{FFFD}\n"), (#"\ud83d\u0041"#, "\u{FFFD}A"), (#"\\ud83d"#, #"\ud83d"#),
      (#"\\\ud83d"#, "\\\u{FFFD}"), (#"\ud7ff\ue000"#, "\u{D7FF}\u{E000}"),
    ] {
      #expect(try message(escaped) == expected, "\(escaped)")
    }
    // In a key, in what nobody reads, and where the text ends within one.
    let key = Array(#"{"\udc00": "\ud83d","#.utf8) + (try pushBody()).dropFirst()
    #expect(sentence(key) == nil)
    for end in [#"{"a\"#, #"{"a\u"#, #"{"a\ud8"#, #"{"a\ud83d"#, #"{"a\ud83d\"#, #"{"a\ud83d\ude0"#] {
      #expect(sentence(Array(end.utf8)) == "The payload is not JSON.", "\(end)")
    }
  }

  @Test("nesting has a limit that braces in strings do not count for")
  func nesting() throws {
    let deep = Array(String(repeating: "[", count: 100_000).utf8)
    #expect(sentence(deep) == "The payload nests deeper than 128 levels.")
    let braces = String(repeating: "[{\"\\", count: 10_000)
    let meaning = try GitHub().meaning(of: gitHubRequest(try pushBody(["head_commit": ["message": braces]])))
    #expect(meaning.push?.message == braces)
    let objects = String(repeating: "{\"a\":", count: 127)
    let body = Array("{\"x\":\(objects)1\(String(repeating: "}", count: 127)),".utf8) + (try pushBody()).dropFirst()
    #expect(sentence(body) == nil)
  }

  @Test("of a key that is there twice the first one counts")
  func duplicateKeys() throws {
    let body = Array("{\"ref\":\"refs/heads/first\",".utf8) + (try pushBody()).dropFirst()
    #expect(try GitHub().meaning(of: gitHubRequest(body)).push?.ref.branch == "first")
  }

  @Test("control characters and endless texts do not get through")
  func text() throws {
    let meaning = try GitHub().meaning(
      of: gitHubRequest(
        try pushBody([
          "pusher": ["name": "a\u{1b}[31m\u{0}b\n" + String(repeating: "é", count: 1000)],
          "head_commit": ["message": "x\u{0}" + String(repeating: "ü", count: 100_000)],
        ])))
    let pusher = try #require(meaning.push?.pusher)
    #expect(pusher.hasPrefix("a\u{FFFD}[31m\u{FFFD}b\u{FFFD}é"))
    #expect(pusher.utf8.count <= 256)
    let message = try #require(meaning.push?.message)
    #expect(message.hasPrefix("x\u{FFFD}ü"))
    #expect((65_530...65_536).contains(message.utf8.count))
  }

  @Test(
    "forms that cannot be read are refused with a reason",
    arguments: [
      "": "The form has no field `payload`.",
      "other=1": "The form has no field `payload`.",
      "payload=%7": "The form field `payload` has a `%` that is not followed by two hexadecimal digits.",
      "payload=%zz": "The form field `payload` has a `%` that is not followed by two hexadecimal digits.",
      "payload={}&payload={}": "The form has the field `payload` more than once.",
      "payload={}&pay%6coad={}": "The form has the field `payload` more than once.",
      "payload=%ff": "The payload is not UTF-8 text.",
      "payload": "The payload is not JSON.",
    ])
  func forms(body: String, expected: String) {
    #expect(sentence(Array(body.utf8), contentType: "application/x-www-form-urlencoded") == expected)
  }
}
