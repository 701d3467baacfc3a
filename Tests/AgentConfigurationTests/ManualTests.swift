import Foundation
import Model
import TestSupport
import Testing
import Webhooks

@testable import AgentConfiguration

/// The manual's examples load, its defaults are the real ones.
@Suite struct ManualTests {
  private let fixture: ConfigurationFixture
  private let manual: String

  init() throws {
    fixture = try ConfigurationFixture()
    let checkout = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path
    manual = try String(contentsOfFile: "\(checkout)/docs/configuration.md", encoding: .utf8)
  }

  private var examples: [String] {
    manual.components(separatedBy: "```yaml\n").dropFirst().map { $0.components(separatedBy: "```")[0] }
  }

  @Test("the shortest example is enough")
  func shortest() throws {
    let read = try fixture.load(try #require(examples.first))
    #expect(read.sources.map(\.name) == ["github"])
  }

  @Test("the full example loads, and says what the defaults are")
  func full() throws {
    let folder = fixture.folder
    for name in ["github", "github.old", "git_password", "database_url"] {
      try folder.write("secrets/\(name)", "the value\n", mode: 0o600)
    }
    try folder.write(
      "secrets/shop_deploy_key", "-----BEGIN OPENSSH PRIVATE KEY-----\nx\n-----END OPENSSH PRIVATE KEY-----\n",
      mode: 0o600)
    try folder.write("known_hosts", "github.com ssh-ed25519 AAAA\n")
    try folder.write("credentials/secret_github_token", "token", mode: 0o400)
    try folder.write("credentials/secret_postgres", "password", mode: 0o400)
    let read = try fixture.load(
      try #require(examples.last),
      environment: ["STAGING_SECRET": "x", "CREDENTIALS_DIRECTORY": folder.file("credentials")])
    #expect(read.sources.map(\.secrets.count) == [2, 1])
    #expect(read.credentials.count == 3)
    #expect(read.limits == Configuration.Limits())
    #expect(read.mirrors == MirrorCare())
    #expect(read.parallelRuns == 4)
    #expect(read.listen.description == "127.0.0.1:8700")
    #expect(read.allowedSchemes == [.https, .ssh])
    #expect(read.data == Configuration.systemData)
    #expect(read.socket == Configuration.systemSocket)
  }

  @Test("every key, flag and variable is in the manual")
  func keys() {
    for key in ConfigurationReading.keys {
      #expect(manual.contains("`\(key)`") || manual.contains("`\(key)."), "\(key)")
    }
    for key in ConfigurationReading.limitKeys { #expect(manual.contains("`limits.\(key)`"), "\(key)") }
    for key in SenderOptions.Key.allCases { #expect(manual.contains("`\(key.rawValue)`"), "\(key)") }
    for sender in Senders.all { #expect(manual.contains("`\(sender.name)`"), "\(sender.name)") }
    for setting in Overrides.Setting.allCases { #expect(manual.contains("`PUSHROD_\(setting.rawValue)`")) }
  }
}
