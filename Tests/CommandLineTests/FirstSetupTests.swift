import Model
import Testing

@testable import pushrod

/// What `pushrod init` prints where the packages' configuration is there already.
@Suite("First setup")
struct FirstSetupTests {
  private static func setup(_ sender: String, publicURL: String?) throws -> FirstSetup {
    FirstSetup(
      repository: try RepositoryURL("https://github.com/acme/shop.git"), branch: "main", sender: sender,
      page: try #require(SenderPage.of(sender)), publicURL: publicURL, secretFile: "secrets/\(sender)")
  }

  @Test(
    "the lines that a kept configuration lacks are named, and no others",
    arguments: [
      ("github", nil, nil, nil), ("github", "https://d.example.org", "https://d.example.org", nil),
      ("github", "https://d.example.org", nil, "public_url: https://d.example.org"),
      (
        "github", "https://d.example.org", "https://old.example.org",
        "public_url: https://d.example.org   # in place of https://old.example.org"
      ),
      (
        "gitlab", nil, nil,
        "sources:\n  gitlab:\n    sender: gitlab\n    secrets:\n      - credential: secret_gitlab"
      ),
      (
        "generic-bearer", "https://d.example.org", nil,
        "public_url: https://d.example.org\nsources:\n  generic-bearer:\n    sender: generic-bearer\n    secrets:\n"
          + "      - credential: secret_generic-bearer\n    #id_header: X-Delivery-Id"
      ),
    ] as [(String, String?, String?, String?)])
  func additions(sender: String, publicURL: String?, known: String?, lines: String?) throws {
    let setup = try Self.setup(sender, publicURL: publicURL)
    #expect(setup.additions(sources: ["github"], publicURL: known) == lines)
  }

  @Test("a configuration that is new has the source with its file")
  func newConfiguration() throws {
    let text = try Self.setup("paypal", publicURL: nil).configuration
    #expect(
      text.contains(
        "sources:\n  paypal:\n    sender: paypal\n    secrets:\n      - file: secrets/paypal\n    #webhook_id"))
  }

  @Test("no advice is given that does not hold for a configuration that is kept")
  func advice() throws {
    var settings = HookSettings(
      sender: "pingdom", page: try #require(SenderPage.of("pingdom")),
      repository: try RepositoryURL("https://github.com/acme/shop.git"), publicURL: nil, secretFile: "secrets/pingdom")
    #expect(settings.text.contains("commented lines of the source in the configuration"))
    #expect(settings.text.contains("say --public-url"))
    settings.keptConfiguration = "/etc/pushrod/pushrod.yml"
    settings.optionsPlace = "above"
    #expect(settings.text.contains("commented lines of the source above"))
    #expect(settings.text.contains("`public_url` in\n/etc/pushrod/pushrod.yml"))
    #expect(!settings.text.contains("--public-url"))
    settings.optionsPlace = nil
    #expect(!settings.text.contains("commented lines"))
  }

  @Test("the deploy key of a system lies with the secrets that systemd hands over; elsewhere it is a file")
  func deployKey() throws {
    let repository = try RepositoryURL("git@github.com:acme/shop.git")
    let system = NextSteps(
      folder: "/etc/pushrod", isSystem: true, configuration: "/etc/pushrod/pushrod.yml", repository: repository)
    #expect(system.text.contains("  sudo ssh-keygen -t ed25519 -N '' -f /etc/pushrod/secrets/deploy_key\n"))
    #expect(system.text.contains("{ key: { credential: secret_deploy_key }, known_hosts: /etc/pushrod/known_hosts }"))
    let own = NextSteps(folder: "my etc", isSystem: false, configuration: "my etc/pushrod.yml", repository: repository)
    #expect(own.text.contains("  ssh-keygen -t ed25519 -N '' -f 'my etc/deploy_key'\n"))
    #expect(
      own.text.contains("  \"git@github.com:acme/shop.git\": { key: { file: deploy_key }, known_hosts: known_hosts }"))
  }
}
