import Foundation

/// A repository with a bit of everything that a checkout has to get right: more than a thousand files, links, odd
/// names, executables, empty and binary files, line-end attributes, submodules within submodules.
public struct SampleRepository: Sendable {
  public let main: GitRepository
  public let library: GitRepository
  public let inner: GitRepository

  /// - Parameter files: how many plain files the main repository has besides the odd ones.
  public init(files: Int = 1200) throws {
    inner = try GitRepository()
    try inner.write("inner.txt", "inner\n")
    try inner.commit("inner")

    library = try GitRepository()
    try library.write("lib.c", "int answer = 42;\n")
    try library.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", inner.url, "deep/inner")
    try library.commit("library")

    main = try GitRepository()
    for index in 0..<files {
      try main.write("src/\(index % 40)/part-\(index % 7)/file\(index).txt", "file \(index)\nof the sample\n")
    }
    let odd = [
      "with space", "tab\tname", "new\nline", "quote\"s", "back\\slash", "ümläut", "日本語", "-dash", "#hash", "a.b",
      "a-b",
      "a/b", "git", ".gitfoo", "trailing.", "[glob]*", "~tilde", "\u{1b}[31mred",
      "very/deep/" + String(repeating: "d/", count: 40) + "end",
    ]
    for name in odd { try main.write("odd/\(name)", "content of an odd name\n") }
    try main.write("empty", "")
    try main.write("binary", Data((0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }))
    try main.write("run.sh", "#!/bin/sh\necho hello\n", executable: true)
    try main.write(".gitignore", "*.o\n/build/\n")
    let links = [
      ("link-to-file", "run.sh"), ("link-to-folder", "src/1"), ("dangling", "nowhere/at/all"),
      ("outside", "/etc/hostname"), ("src/up", "../.."),
    ]
    for (name, target) in links {
      try FileManager.default.createSymbolicLink(atPath: "\(main.path)/\(name)", withDestinationPath: target)
    }
    try main.write(".gitattributes", "*.bat text eol=crlf\n*.id ident\n*.bin binary\n")
    try main.write("start.bat", "echo one\necho two\n")
    try main.write("version.id", "$Id$\n")
    try main.write("unix/.gitattributes", "*.bat text eol=lf\n")
    try main.write("unix/start.bat", "echo one\n")
    try main.git(
      "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "--name", "the library", library.url,
      "vendor/lib")
    try main.commit("everything")
  }

  /// A fresh clone of `commit` made by the git command line.
  public func checkedOutByGit(_ commit: String) throws -> TemporaryDirectory {
    let directory = try TemporaryDirectory("by-git")
    try GitRepository.git(["clone", "--quiet", "--no-checkout", main.url, directory.file("clone")], in: nil)
    let clone = directory.file("clone")
    try GitRepository.git(["checkout", "--quiet", "--detach", commit], in: clone)
    try GitRepository.git(
      ["-c", "protocol.file.allow=always", "submodule", "--quiet", "update", "--init", "--recursive"], in: clone)
    return directory
  }
}
