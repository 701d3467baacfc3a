import Pipelines
import TestSupport
import Testing

@testable import AgentConfiguration

@Suite("The outline of a configuration")
struct ConfigurationOutlineTests {
  private let folder: TemporaryDirectory

  init() throws { folder = try TemporaryDirectory("outline") }

  @Test("sources and the public address are read without any secret, and whatever else is wrong")
  func reads() throws {
    let file = try folder.write(
      "pushrod.yml",
      """
      public_url: https://deploy.example.org/
      unknown: 1
      sources:
        github: { sender: github, secrets: [{ file: missing }] }
        shop: {}
      """)
    let outline = try ConfigurationOutline.read(file: file)
    #expect(outline.sources == ["github", "shop"])
    #expect(outline.publicURL == "https://deploy.example.org")
  }

  @Test("what is not there is nothing", arguments: ["listen: 127.0.0.1:1\n", "public_url:\nsources:\n"])
  func empty(text: String) throws {
    let outline = try ConfigurationOutline.read(file: try folder.write("pushrod.yml", text))
    #expect(outline.sources.isEmpty)
    #expect(outline.publicURL == nil)
  }

  @Test("a file that is no configuration is refused")
  func refuses() throws {
    let file = try folder.write("pushrod.yml", "- a\n")
    #expect(throws: Diagnostics.self) { try ConfigurationOutline.read(file: file) }
  }
}
