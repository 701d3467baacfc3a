import Foundation
import TestSupport
import Testing

/// `pushrod init` as a person calls it who has nothing yet.
@Suite("pushrod init")
struct InitCommandTests {
  private let area: TemporaryDirectory
  private let program = builtExecutable("pushrod")

  init() throws { area = try TemporaryDirectory("init") }

  private func initialise(_ arguments: String...) throws -> CommandResult {
    try run([program, "init"] + arguments + ["--dir", area.file("new/etc")])
  }

  private func mode(_ name: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: area.file(name))[.posixPermissions] as? Int
  }

  @Test("configuration, secret and pipeline are written, pass `check`, and GitHub's fields are named")
  func writes() throws {
    let result = try initialise("https://github.com/acme/shop.git", "--public-url", "https://deploy.example.org/")
    #expect(result.status == 0, "\(result.errorOutput)")
    for words in [
      "https://github.com/acme/shop/settings/hooks/new", "Payload URL       https://deploy.example.org/webhook/github",
      "Content type      application/json", "Secret", "SSL verification", "Just the push event",
    ] {
      #expect(result.output.contains(words), "\(words)")
    }
    let secret = try area.read("new/etc/github.secret")
    #expect(secret.count == 65 && secret.dropLast().allSatisfy(\.isHexDigit))
    #expect(try mode("new/etc/github.secret") == 0o600)
    #expect(!result.output.contains(secret.dropLast()))
    #expect(try area.read("new/etc/pipelines/shop.yml").contains("repo: https://github.com/acme/shop.git"))
    let check = try run([program, "check", "--config", area.file("new/etc/pushrod.yml")])
    #expect(check.status == 0, "\(check.output)\(check.errorOutput)")
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: area.file("new/etc")).sorted()
        == ["github.secret", "pipelines", "pushrod.yml"])
  }

  @Test(
    "every kind of address and odd names give files that pass `check`",
    arguments: [
      ["git@github.com:acme/my.shop.git"], ["ssh://git@example.org:2222/a/b.git", "--branch", "true"],
      ["file:///srv/git/1 odd name.git".replacing(" ", with: "_"), "--branch", "release/1.0#x"],
      ["https://example.org/ä/_ü.git", "--branch", "null"], ["git://example.org/on"], ["http://example.org/x/123"],
    ])
  func addresses(arguments: [String]) throws {
    let result = try run([program, "init"] + arguments + ["--dir", area.file("x y")])
    #expect(result.status == 0, "\(result.errorOutput)")
    let check = try run([program, "check", "--config", area.file("x y/pushrod.yml")])
    #expect(check.status == 0, "\(check.output)\(check.errorOutput)")
  }

  @Test(
    "for every sender its fields are named, and what is missing then is said by `check`",
    arguments: [
      "github", "gitlab", "gitea", "forgejo", "gogs", "bitbucket", "bitbucket-server", "stripe", "paypal", "slack",
      "shopify", "woocommerce", "twilio", "pingdom", "standard-webhooks", "svix", "generic-hmac", "generic-bearer",
    ])
  func senders(name: String) throws {
    let result = try initialise(
      "https://example.org/acme/shop.git", "--sender", name, "--public-url", "https://deploy.example.org")
    #expect(result.status == 0, "\(result.errorOutput)")
    #expect(result.output.contains("https://deploy.example.org/webhook/\(name)"))
    #expect(!result.output.contains("{url}") && !result.output.contains("{secret}"))
    let isOurs = FileManager.default.fileExists(atPath: area.file("new/etc/\(name).secret"))
    #expect(isOurs != result.output.contains("cat > "))
    if !isOurs {
      try area.write("new/etc/\(name).secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", mode: 0o600)
    }
    let check = try run([program, "check", "--config", area.file("new/etc/pushrod.yml")])
    switch name {
    case "paypal": #expect(check.output.contains("has no `webhook_id`") && check.output.contains("has no `client_id`"))
    case "pingdom": #expect(check.output.contains("has no `allow`"))
    default: #expect(check.status == 0, "\(check.output)")
    }
  }

  @Test("nothing is overwritten without --force, and a secret not even then")
  func keeps() throws {
    #expect(try initialise("https://github.com/acme/shop.git").status == 0)
    let secret = try area.read("new/etc/github.secret")
    try area.write("new/etc/pushrod.yml", "# mine\n")
    let refused = try initialise("https://github.com/acme/shop.git")
    #expect(refused.status == 2)
    #expect(refused.errorOutput.contains("pushrod.yml"))
    #expect(try area.read("new/etc/pushrod.yml") == "# mine\n")
    #expect(try initialise("https://github.com/acme/shop.git", "--force").status == 0)
    #expect(try area.read("new/etc/pushrod.yml").contains("sender: github"))
    #expect(try area.read("new/etc/github.secret") == secret)
  }

  @Test(
    "what cannot be right is refused before anything is written",
    arguments: [
      ["shop"], ["https://user:word@example.org/x"], ["https://github.com/acme/shop", "--branch", "a b"],
      ["https://github.com/acme/shop", "--branch=!main"], ["https://github.com/acme/shop", "--public-url", "host"],
    ])
  func refuses(arguments: [String]) throws {
    let result = try run([program, "init"] + arguments + ["--dir", area.file("none")])
    #expect(result.status == 2)
    #expect(!result.errorOutput.isEmpty)
    #expect(!FileManager.default.fileExists(atPath: area.file("none")))
  }
}
