/// The page on which a sender's webhook is entered, field by field as they stand there.
struct SenderPage {
  enum SecretOrigin: Equatable {
    /// Made here, and entered there.
    case here
    /// Made there, and put into a file here: the words say what it is called and where it stands.
    case there(String)
  }

  /// What people call the sender.
  var title: String
  /// From which page to which.
  var place: String
  /// In what they hold, `{url}` stands for the address and `{secret}` for where the secret is.
  var fields: [(name: String, value: String)]
  var secret = SecretOrigin.here
  /// Lines for the source in the configuration: what the sender must be told besides.
  var options: [String] = []
  /// What follows when it is entered.
  var then: String?
  /// Its pushes start pipelines; the others' events do, through `on.webhook`.
  var isForge = false

  static func of(_ sender: String) -> SenderPage? { all[sender] }

  private static let all: [String: SenderPage] = [
    "github": SenderPage(
      title: "GitHub", place: "the repository's Settings → Webhooks → Add webhook",
      fields: [
        ("Payload URL", "{url}"), ("Content type", "application/json"), ("Secret", "{secret}"),
        ("SSL verification", "Enable SSL verification"), ("Which events …", "Just the push event"),
        ("Active", "ticked"),
      ], then: "GitHub then sends a ping, and `pushrod inbox` shows it.", isForge: true),
    "gitlab": SenderPage(
      title: "GitLab", place: "the project's Settings → Webhooks → Add new webhook",
      fields: [
        ("URL", "{url}"), ("Secret token", "{secret}"), ("Trigger", "Push events, Tag push events"),
        ("SSL verification", "Enable SSL verification"),
      ],
      then: "Where GitLab offers a signing token, take that instead: put the whsec_… that it shows into the secret's "
        + "file. Test → Push events tries it out.", isForge: true),
    "gitea": SenderPage(
      title: "Gitea", place: "the repository's Settings → Webhooks → Add Webhook → Gitea",
      fields: [
        ("Target URL", "{url}"), ("HTTP Method", "POST"), ("POST Content Type", "application/json"),
        ("Secret", "{secret}"), ("Trigger On", "Push Events"), ("Branch filter", "*"), ("Active", "ticked"),
      ], then: "Test Delivery posts a push of nothing, and `pushrod inbox` shows it.", isForge: true),
    "forgejo": SenderPage(
      title: "Forgejo", place: "the repository's Settings → Webhooks → Add webhook → Forgejo",
      fields: [
        ("Target URL", "{url}"), ("HTTP method", "POST"), ("POST content type", "application/json"),
        ("Secret", "{secret}"), ("Trigger on", "Push events"), ("Branch filter", "*"), ("Active", "ticked"),
      ], then: "Test delivery posts a push of nothing, and `pushrod inbox` shows it.", isForge: true),
    "gogs": SenderPage(
      title: "Gogs", place: "the repository's Settings → Webhooks → Add a new webhook → Gogs",
      fields: [
        ("Payload URL", "{url}"), ("Content Type", "application/json"), ("Secret", "{secret}"),
        ("When …", "I will choose: Create (for new tags), Push"), ("Active", "ticked"),
      ], isForge: true),
    "bitbucket": SenderPage(
      title: "Bitbucket", place: "the repository's Repository settings → Webhooks → Add webhook",
      fields: [
        ("Title", "Pushrod"), ("URL", "{url}"), ("Secret", "{secret}"), ("Status", "Active"),
        ("Triggers", "Repository push"),
      ], isForge: true),
    "bitbucket-server": SenderPage(
      title: "Bitbucket Data Center", place: "the repository's Repository settings → Webhooks → Create webhook",
      fields: [
        ("Name", "Pushrod"), ("URL", "{url}"), ("Secret", "{secret}"), ("Active", "ticked"),
        ("Events", "Repository: Push"),
      ], then: "Test connection posts a ping, and `pushrod inbox` shows it.", isForge: true),
    "stripe": SenderPage(
      title: "Stripe", place: "Developers → Webhooks → Add endpoint",
      fields: [("Endpoint URL", "{url}"), ("Events", "those that your pipelines are about")],
      secret: .there("the whole Signing secret, whsec_…, that the endpoint's page reveals")),
    "paypal": SenderPage(
      title: "PayPal", place: "the developer dashboard → Apps & Credentials → your app → Add Webhook",
      fields: [("Webhook URL", "{url}"), ("Event types", "those that your pipelines are about")],
      secret: .there("the app's Secret"),
      options: [
        "#webhook_id: the Webhook ID that stands beside the webhook", "#client_id: the app's Client ID",
        "#api: https://api-m.sandbox.paypal.com    # for the sandbox",
      ], then: "The simulator's events cannot be verified, not by PayPal either; try a payment in the sandbox."),
    "slack": SenderPage(
      title: "Slack", place: "api.slack.com/apps → your app → Event Subscriptions",
      fields: [
        ("Enable Events", "on"), ("Request URL", "{url}"), ("Subscribe to bot events", "those that you want"),
      ], secret: .there("the Signing Secret under Basic Information → App Credentials"),
      then: "Start the agent first: Slack posts a challenge as soon as the address is entered."),
    "shopify": SenderPage(
      title: "Shopify", place: "Settings → Notifications → Webhooks → Create webhook",
      fields: [("Event", "the one that you want"), ("Format", "JSON"), ("URL", "{url}")],
      secret: .there(
        "the text below the list, after \"Your webhooks will be signed with\"; of an app, its client secret"),
      then: "Send test notification is answered, and `pushrod inbox` shows it."),
    "woocommerce": SenderPage(
      title: "WooCommerce", place: "WooCommerce → Settings → Advanced → Webhooks → Add webhook",
      fields: [
        ("Name", "Pushrod"), ("Status", "Active"), ("Topic", "the one that you want"), ("Delivery URL", "{url}"),
        ("Secret", "{secret}"), ("API Version", "WP REST API Integration v3"),
      ], then: "Start the agent first: WooCommerce pings the address when the webhook is saved."),
    "twilio": SenderPage(
      title: "Twilio", place: "Phone Numbers → Manage → Active numbers → the number",
      fields: [("A message comes in", "Webhook"), ("URL", "{url}"), ("HTTP", "HTTP POST")],
      secret: .there("the account's Auth Token"),
      then: "Twilio signs this very address: `public_url` in the configuration must be what stands before /webhook/."),
    "pingdom": SenderPage(
      title: "Pingdom", place: "Integrations → Integrations → Add integration",
      fields: [("Type", "Webhook"), ("Name", "Pushrod"), ("URL", "{url}/ and {secret}"), ("Active", "ticked")],
      options: ["#allow: [the addresses from which Pingdom says that it posts]"],
      then: "Tick the integration in each check. Pingdom signs nothing: keep the address as secret as the token."),
    "standard-webhooks": SenderPage(
      title: "the service", place: "its page of webhooks", fields: [("Endpoint URL", "{url}")],
      secret: .there("the signing secret, whsec_…, or the public key, whpk_…, that it shows")),
    "svix": SenderPage(
      title: "the service", place: "Webhooks → Add Endpoint",
      fields: [("Endpoint URL", "{url}"), ("Subscribe to events", "those that your pipelines are about")],
      secret: .there("the Signing Secret, whsec_…, of the endpoint")),
    "generic-hmac": SenderPage(
      title: "the service", place: "its page of webhooks",
      fields: [
        ("address", "{url}"), ("secret", "{secret}"), ("signature", "HMAC-SHA256 of the body, in X-Signature"),
      ], options: ["#signature_header: X-Signature", "#id_header: X-Delivery-Id", "#algorithm: sha256"]),
    "generic-bearer": SenderPage(
      title: "the service", place: "its page of webhooks",
      fields: [("address", "{url}"), ("header", "Authorization: Bearer and {secret}")],
      options: ["#id_header: X-Delivery-Id"]),
  ]
}
