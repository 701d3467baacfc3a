import Foundation
import Model
import TestSupport
import Testing

@testable import RunDirectory

@Suite("The area of all runs")
struct RunAreaTests {
  @Test("all spellings of a repository share a mirror, and no two repositories do")
  func mirrors() throws {
    let area = RunArea(root: "/data")
    let same = ["https://github.com/acme/shop.git", "git@github.com:Acme/Shop", "ssh://git@github.com/acme/shop"]
    #expect(Set(try same.map { area.mirror(of: try RepositoryURL($0)) }) == ["/data/mirrors/github.com+acme+shop.git"])
    let long = String(repeating: "x", count: 300)
    let different = [
      "https://h/a/b", "https://h/a+b", "https://h/a%2Bb", "https://h:81/a/b", "file:///a/b", "https://h/a_b",
      "https://h/\(long)", "https://h/\(long)/y", "https://h/\(long)~",
    ]
    let paths = try different.map { area.mirror(of: try RepositoryURL($0)) }
    #expect(Set(paths).count == different.count)
    for path in paths {
      #expect(path.split(separator: "/").allSatisfy { $0.utf8.count <= 255 && $0 != ".." })
    }
  }

  @Test("`latest` leads to the newest run, and is replaced in one step")
  func latest() throws {
    let folder = try TemporaryDirectory("area")
    let area = RunArea(root: folder.path)
    for run in [1, 2] {
      try FileManager.default.createDirectory(
        atPath: area.directory(ofRun: run).path, withIntermediateDirectories: true)
      try area.linkLatest(pipeline: "shop", run: run)
      let link = area.logs + "/shop/latest"
      #expect(URL(fileURLWithPath: link).resolvingSymlinksInPath().path == area.directory(ofRun: run).path)
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: area.logs + "/shop") == ["latest"])
  }
}
