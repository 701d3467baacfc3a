/// The table of senders.
public enum Senders {
  /// In the order in which they are listed for people.
  public static let all: [any Sender] = [
    GitHub(),
    GitLab(),
    GiteaFamily.gitea,
    GiteaFamily.forgejo,
    GiteaFamily.gogs,
    Bitbucket.cloud,
    Bitbucket.dataCenter,
    Stripe(),
    PayPal(),
    Slack(),
    Shopify(),
    WooCommerce(),
    Twilio(),
    Pingdom(),
    StandardWebhooks.standard,
    StandardWebhooks.svix,
    GenericHMAC(),
    GenericBearer(),
  ]

  /// The sender of this name; names are lower case and exact.
  public static func named(_ name: String) -> (any Sender)? {
    all.first { $0.name == name }
  }
}
