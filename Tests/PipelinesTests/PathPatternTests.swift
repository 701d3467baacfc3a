import Foundation
import Model
import TestSupport
import Testing

@testable import Pipelines

@Suite struct PathPatternTests {
  @Test("paths are read as patterns, and those that could match no file are refused with what to write")
  func reading() throws {
    #expect(
      try minimal(on: "{push: {paths: [src/**, \"!**/*.md\"]}}").triggers.push
        == PushTrigger(branches: nil, tags: nil, paths: ["src/**", "!**/*.md"], skip: nil))
    for (written, suggestion) in [
      ("src/", "write `src/**`"), ("\"!docs/\"", "write `!docs/**`"), ("/src/**", "write `src/**`"),
      ("./src", "write `src`"), ("\"!/a\"", "write `!a`"),
    ] {
      let found = mistakes(on: "{push: {paths: \(written)}}")
      #expect(found.first?.hasSuffix("| \(suggestion)") == true, "\(found)")
    }
    #expect(mistakes(on: "{push: {paths: \"!**/*.md\"}}")[0].contains("only excludes"))
    #expect(mistakes(on: "{push: {paths: \"[\"}}")[0].contains("cannot be read"))
  }

  @Test("a push that matches says that the run will look at the files")
  func decision() throws {
    let pipeline = try minimal(on: "{push: {branches: [main], tags: [v1], paths: [src/**]}}")
    func reason(_ ref: String) -> String {
      let id = CommitID(String(repeating: "a1", count: 20))!
      return PushMatching.decide(
        Push(
          repository: "acme/shop", addresses: [pipeline.repository], ref: RefName(ref)!, before: id, after: id,
          created: false, deleted: false, forced: false, pusher: nil, message: nil), pipeline
      ).reason
    }
    #expect(
      reason("refs/heads/main")
        == "branch \"main\" matches \"main\"; the run finds out whether a file in [src/**] changed")
    #expect(reason("refs/tags/v1") == "tag \"v1\" matches \"v1\"")
  }

  /// Patterns with a wildcard, of pieces that both know. Two differences are known and left out: `**` beside other
  /// characters, which stands for any characters here and for `*` there, and a pattern without any wildcard, by which
  /// git also means everything in a folder of that name.
  private static func pattern(_ generator: inout SeededGenerator) -> String {
    let pieces = [
      "a", "b", "src", "lib", ".x", "a.c", "*", "*.c", "?", "a*", "*b", "[ab]", "[!a]", "[^b]*", "s?c", "\\*",
      "[a-c].c",
    ]
    let count = Int.random(in: 1...4, using: &generator)
    return (0..<count).map { _ in
      Int.random(in: 0..<4, using: &generator) == 0 ? "**" : pieces.randomElement(using: &generator) ?? "*"
    }.joined(separator: "/")
  }

  @Test("they match what git's own pathspecs match (:(glob))")
  func againstGit() throws {
    var generator = SeededGenerator(seed: 35)
    let names = ["a", "b", "c", "src", "lib", ".x", "a.c", "b.c", "sac", "ab", "*", "a*"]
    let repository = try GitRepository()
    var paths: Set<String> = []
    for _ in 0..<250 {
      let count = Int.random(in: 1...4, using: &generator)
      // A file and a folder cannot have one name, so each file's has an ending.
      // None's name is a pattern: a pathspec that is written like a folder means what is in it.
      let folders = (1..<count).map { _ in names.dropLast(2).randomElement(using: &generator) ?? "a" }
      paths.insert((folders + [(names.randomElement(using: &generator) ?? "a") + "f"]).joined(separator: "/"))
      paths.insert(
        (folders + [["x.c", "b.cc", "a.md"].randomElement(using: &generator) ?? "x"]).joined(separator: "/"))
    }
    for path in paths { try repository.write(path, "") }
    try repository.git("add", "--all")
    var (compared, matched) = (0, 0)
    for _ in 0..<500 {
      let pattern = Self.pattern(&generator)
      guard pattern.contains(where: { "*?[\\".contains($0) }), let glob = try? Glob(pattern) else { continue }
      let listed = try run(["git", "ls-files", "-z", "--", ":(glob)\(pattern)"], in: repository.path)
      let theirs = Set(listed.stdout.split(separator: 0).map { String(decoding: $0, as: UTF8.self) })
      let ours = paths.filter(glob.matches)
      if ours != theirs {
        Issue.record(
          "\(pattern): only ours \(ours.subtracting(theirs).sorted().prefix(3)), only git's \(theirs.subtracting(ours).sorted().prefix(3))"
        )
      }
      compared += 1
      matched += theirs.isEmpty ? 0 : 1
    }
    print("pathspecs: \(compared) patterns on \(paths.count) files compared with git, \(matched) matched something")
    #expect(compared > 300 && matched > 100)
  }

  @Test(
    "wildmatch's own hard cases come out as git has them for paths",
    arguments: [
      ("foo/**", "foo/bar/baz", true), ("foo/**", "foo", false), ("**/foo", "foo", true),
      ("**/foo", "bar/baz/foo", true),
      ("**/foo", "bar/bazfoo", false), ("foo/*/bar", "foo/x/bar", true), ("foo/*/bar", "foo/x/y/bar", false),
      ("foo/**/bar", "foo/bar", true), ("foo/**/bar", "foo/a/b/bar", true), ("foo/**/**/bar", "foo/bar", true),
      ("*/bar", "foo/bar", true), ("*/bar", "deep/foo/bar", false), ("foo?bar", "foo/bar", false),
      ("foo[/]bar", "foo/bar", false), ("f[^eiu]o", "fxo", true), ("*.c", "a/b.c", false), ("**/*.c", "b.c", true),
      ("[!a-c]x", "dx", true), ("[]-]", "-", true), ("\\[ab]", "[ab]", true), ("a\\*", "a*", true),
      ("a\\*", "ab", false),
      ("**/a*b*g*n*t", "abcd/abcdefg/abcdefghijk/abcdefghijklmnop.txt", true),
      ("-*-*-*-*-*-*-12-*-*-*-m-*-*-*", "-adobe-courier-bold-o-normal--12-120-75-75-X-70-iso8859-1", false),
    ])
  func wildmatch(pattern: String, path: String, isMatch: Bool) throws {
    #expect(try Glob(pattern).matches(path) == isMatch)
  }
}
