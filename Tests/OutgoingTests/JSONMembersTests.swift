import Testing

@testable import Outgoing

@Suite("Members of a JSON object, where they stand")
struct JSONMembersTests {
  private func members(_ text: String) throws -> [String: String] {
    let members = try JSONMembers(Array(text.utf8))
    return members.values.mapValues { String(decoding: members.text[$0], as: UTF8.self) }
  }

  @Test("each value is the text as it is written")
  func slices() throws {
    let text = #" {"a" : "x\"}\\" , "body":{"b":[1, {"c":"]"}], "a":"A\/"},"n":-1.5e+3,"t":true ,"é":null}  "#
    #expect(
      try members(text) == [
        "a": #""x\"}\\""#, "body": #"{"b":[1, {"c":"]"}], "a":"A\/"}"#, "n": "-1.5e+3", "t": "true", "é": "null",
      ])
    #expect(try members("{}") == [:])
  }

  @Test("names and texts are decoded, surrogates included")
  func texts() throws {
    let members = try JSONMembers(Array(#"{"bo\u0064y":"\ud83d\ude42 \n","n":1}"#.utf8))
    #expect(try members.string("body") == "🙂 \n")
    #expect(try members.string("n") == nil)
  }

  @Test(
    "what is no object, or can be read in two ways, is refused",
    arguments: [
      "", "[]", "{", "}", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, #"{"a":1 "b":2}"#, #"{"a":1}x"#, #"{"a":1}{}"#,
      #"{"a":1,"a":2}"#, #"{"a":1,"\u0061":2}"#, #"{"a":"x}"#, #"{"a":"x\"}"#, #"{"a":[1}}"#, #"{"a":{"b":1]}"#,
      #"{a:1}"#, #"{"a":'x'}"#, "{\"a\":\"x\ny\"}", #"{"a":"\q"#, #"{"a":1 2}"#, #"{"\u12":1}"#, #"{"\ud800":1}"#,
    ])
  func malformed(_ text: String) {
    #expect(throws: JSONMembers.Malformed.self) { try members(text) }
  }

  @Test("neither depth nor number is without bound")
  func bounds() throws {
    let deep = { (count: Int) in
      #"{"a":"# + String(repeating: "[", count: count) + String(repeating: "]", count: count) + "}"
    }
    #expect(try members(deep(512)).count == 1)
    #expect(throws: JSONMembers.Malformed.self) { try members(deep(513)) }
    #expect(throws: JSONMembers.Malformed.self) { try members(deep(1_000_000)) }
    let many = "{" + (0...500).map { "\"\($0)\":0" }.joined(separator: ",") + "}"
    #expect(throws: JSONMembers.Malformed.self) { try members(many) }
  }

  @Test("a text that is cut anywhere is refused, and no cut is a crash")
  func cut() throws {
    let text = Array(#"{"a":{"b":["\u00e9",1.5,{"c":null}]},"d":"e"}"#.utf8)
    for end in text.indices { #expect(throws: JSONMembers.Malformed.self) { try JSONMembers(Array(text[..<end])) } }
    for index in text.indices {
      for byte in [UInt8(0), 0x22, 0x5c, 0x7b, 0x7d, 0xff] {
        var changed = text
        changed[index] = byte
        _ = try? JSONMembers(changed)
      }
    }
  }
}
