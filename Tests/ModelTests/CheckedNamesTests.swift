import Model
import Testing

@Suite("Commit ids and reference names")
struct CheckedNamesTests {
  @Test("a commit id is 40 or 64 hexadecimal digits, folded to lower case")
  func commitIDs() {
    let digits = "0123456789abcdef0123456789ABCDEF01234567"
    #expect(CommitID(digits)?.hex == digits.lowercased())
    #expect(CommitID(String(repeating: "0", count: 40))?.isZero == true)
    #expect(CommitID(String(repeating: "a", count: 64))?.isZero == false)
    for wrong in ["", "HEAD", String(digits.dropLast()), digits + "0", String(digits.dropLast()) + "g"] {
      #expect(CommitID(wrong) == nil, "\(wrong)")
    }
  }

  @Test("branches, tags and others are told apart")
  func kinds() {
    #expect(RefName("refs/heads/release/1.2")?.branch == "release/1.2")
    #expect(RefName("refs/tags/v1")?.tag == "v1")
    // The slash and the mark are one character to Swift.
    #expect(RefName("refs/heads/\u{301}x")?.branch == "\u{301}x")
    #expect(RefName("refs/pull/7/head")?.branch == nil)
    #expect(RefName(userTyped: "main")?.full == "refs/heads/main")
    #expect(RefName(userTyped: "tags/v1")?.full == "refs/tags/v1")
  }

  @Test(
    "names that git refuses, or that could be taken for an option or a path, are refused",
    arguments: [
      "main", "refs/heads/", "refs/heads//x", "refs/heads/a..b", "refs/heads/a b", "refs/heads/.hidden",
      "refs/heads/a.lock", "refs/heads/a/", "refs/heads/a.", "refs/heads/a~1", "refs/heads/a^", "refs/heads/a:b",
      "refs/heads/a?", "refs/heads/a*", "refs/heads/a[b", "refs/heads/a\\b", "refs/heads/a@{b",
      "refs/heads/-x", "refs/heads/-\u{301}x", "refs/heads/..\u{301}x", "refs/heads/a/../\u{301}x",
      "refs/heads/a\u{7f}", "refs/heads/a\u{0}b", "refs/heads/a\nb",
      "refs/heads/" + String(repeating: "x", count: 1100),
    ])
  func malformedRefs(name: String) {
    #expect(RefName(name) == nil)
  }
}
