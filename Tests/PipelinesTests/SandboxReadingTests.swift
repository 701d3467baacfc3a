import Model
import Testing

@testable import Pipelines

@Suite("What steps see of the machine")
struct SandboxReadingTests {
  private func pipeline(_ text: String) throws(Diagnostics) -> Pipeline {
    let frame = "repo: https://github.com/acme/shop.git\non: push\n"
    return try PipelineFile.parse(Array((frame + text).utf8), file: "shop.yml")
  }

  @Test("a step's sandbox stands in place of the pipeline's, and `false` is none")
  func merged() throws {
    let read = try pipeline(
      """
      sandbox: {network: true, write: /srv//shop/}
      steps: [a, {run: b, sandbox: true}, {run: c, sandbox: false}, {run: d, sandbox: {write: [/srv/a, /srv/b]}}]
      """)
    #expect(
      read.steps.map(read.sandbox) == [
        Sandbox(hasNetwork: true, write: ["/srv/shop"]), Sandbox(), nil, Sandbox(write: ["/srv/a", "/srv/b"]),
      ])
    let none = try pipeline("sandbox: false\nsteps: [a]")
    #expect(none.sandbox(of: none.steps[0]) == nil)
  }

  @Test(
    "paths lead where they say",
    arguments: [("srv", "absolute path"), ("/srv/../etc", "absolute path"), ("/", "whole system")])
  func paths(path: String, complaint: String) throws {
    let error = #expect(throws: Diagnostics.self) { try pipeline("sandbox: {write: [\(path)]}\nsteps: [a]") }
    #expect(error?.all.count == 1)
    #expect(error?.all[0].message.contains(complaint) == true)
  }
}
