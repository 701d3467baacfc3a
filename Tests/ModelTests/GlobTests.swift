import Foundation
import Testing

@testable import Model

@Suite struct GlobTests {
  @Test("an exclusion stays one when a combining mark follows the exclamation mark")
  func excludedMark() throws {
    let list = try GlobList(["**", "!\u{59a}*"])
    #expect(list.answer(to: "\u{59a}x") == .excluded(by: "!\u{59a}*"))
    #expect(list.answer(to: "x") == .included(by: "**"))
  }

  @Test(
    "names that match",
    arguments: [
      ("main", "main"), ("*", "main"), ("*", ""), ("release/*", "release/1.0"), ("release/**", "release/1/2"),
      ("**", "a/b/c"), ("**", ""), ("feature/*/done", "feature/x/done"), ("v*", "v1.0"), ("v?", "v1"), ("v[0-9]", "v7"),
      ("v[!0-9]", "vx"), ("v[^0-9]", "vx"), ("[]]", "]"), ("[!]]", "a"), ("[a-]", "-"), ("[\\]]", "]"),
      ("a\\*b", "a*b"),
      ("\\!x", "!x"), ("a/**/b", "a/b"), ("a/**/b", "a/x/b"), ("a/**/b", "a/x/y/b"), ("**/b", "b"), ("**/b", "a/b"),
      ("**/b", "x/y/b"), ("**/**/b", "b"), ("**-alpha", "x/y-alpha"), ("a**z", "a/b/z"), ("a***z", "a/b/z"),
      ("*/*", "a/b"),
      ("é?", "éü"), ("*.*.*", "1.2.3"), ("**/x/**", "a/x/b"), ("[à-ü]", "é"), ("{a,b}", "{a,b}"),
    ])
  func matching(pattern: String, name: String) throws {
    #expect(try Glob(pattern).matches(name))
  }

  @Test(
    "names that do not",
    arguments: [
      ("main", "Main"), ("main", "main2"), ("main", "amain"), ("*", "a/b"), ("release/*", "release/1/2"),
      ("release/**", "release"), ("v?", "v"), ("v?", "v/"), ("a?b", "a/b"), ("a[!x]b", "a/b"), ("a[.-0]b", "a/b"),
      ("v[0-9]", "va"), ("v[!0-9]", "v1"), ("a/**/b", "a/xb"), ("a/**/b", "ab"), ("**/b", "ab"), ("**/b", "a/bb"),
      ("feature/*/done", "feature/x/y/done"), ("a\\*b", "axb"), ("?", ""), ("[a]", ""), ("**/x/**", "x"),
      ("*/**/*", "a"),
    ])
  func notMatching(pattern: String, name: String) throws {
    #expect(try !Glob(pattern).matches(name))
  }

  @Test(
    "patterns that cannot be read say why",
    arguments: [
      ("", "the pattern is empty"), ("[a", "a `[` is not closed"), ("[", "a `[` is not closed"),
      ("[]", "a `[` is not closed"), ("[!]", "a `[` is not closed"), ("[\\]", "a `[` is not closed"),
      ("a\\", "ends with a backslash"), ("[z-a]", "z-a is the wrong way round"), ("[[:alpha:]]", "named sets"),
      (String(repeating: "a", count: 257), "longer than 256 bytes"),
    ])
  func malformed(pattern: String, reason: String) {
    do {
      _ = try Glob(pattern)
      Issue.record("`\(pattern)` was accepted")
    } catch {
      #expect(error.description.contains(reason))
    }
  }

  /// The plain definition, exponential and obviously right.
  private func reference(_ pattern: ArraySlice<Character>, _ text: ArraySlice<Character>, atStart: Bool = true) -> Bool
  {
    guard let first = pattern.first else { return text.isEmpty }
    let rest = pattern.dropFirst()
    if first == "*", rest.first == "*" {
      let after = rest.dropFirst()
      if atStart, after.first == "/" {
        if reference(after.dropFirst(), text, atStart: true) { return true }
        return text.indices.contains {
          text[$0] == "/" && reference(after.dropFirst(), text[($0 + 1)...], atStart: true)
        }
      }
      return (text.startIndex...text.endIndex).contains { reference(after, text[$0...], atStart: false) }
    }
    if first == "*" {
      return (text.startIndex...text.endIndex).contains {
        !text[..<$0].contains("/") && reference(rest, text[$0...], atStart: false)
      }
    }
    guard let character = text.first else { return false }
    if first == "?" { return character != "/" && reference(rest, text.dropFirst(), atStart: false) }
    return first == character && reference(rest, text.dropFirst(), atStart: first == "/")
  }

  @Test("random patterns agree with the plain definition")
  func model() throws {
    var generator = SystemRandomNumberGenerator()
    let parts = ["*", "**", "?", "/", "a", "b", "**/", "/**"]
    for _ in 0..<20_000 {
      let pattern = (0..<Int.random(in: 1...5, using: &generator)).map { _ in parts.randomElement()! }.joined()
      // Three stars in a row are two; the reference does not know that.
      guard !pattern.contains("***") else { continue }
      let text = String((0..<Int.random(in: 0...6, using: &generator)).map { _ in "ab/".randomElement()! })
      let expected = reference(Array(pattern)[...], Array(text)[...])
      #expect(try Glob(pattern).matches(text) == expected, "`\(pattern)` against `\(text)`")
    }
  }

  @Test("a pattern made of stars costs no more than its length times the name's")
  func noBlowUp() throws {
    let pattern = String(repeating: "*a", count: 100) + "*b"
    #expect(try !Glob(pattern).matches(String(repeating: "a", count: 1_000)))
    let deep = String(repeating: "**/a", count: 60)
    #expect(try !Glob(deep).matches(String(repeating: "a/", count: 500)))
  }

  @Test("of a list, the last pattern that matches decides")
  func lists() throws {
    let list = try GlobList(["main", "release/**", "!release/old/**", "release/old/keep"])
    #expect(list.answer(to: "main") == .included(by: "main"))
    #expect(list.answer(to: "release/2") == .included(by: "release/**"))
    #expect(list.answer(to: "release/old/1") == .excluded(by: "!release/old/**"))
    #expect(list.answer(to: "release/old/keep") == .included(by: "release/old/keep"))
    #expect(list.answer(to: "dev") == .unmatched)
    #expect(throws: Glob.Malformed.self) { try GlobList(["!"]) }
  }
}
