import FoundationEssentials
import Model
import Webhooks

/// Makes `seeds/sender-<name>/`: for each sender small requests that its own rules accept, and that say something.
enum SenderSeeds {
  static func write(to folder: String) throws {
    for sender in Senders.all {
      let folder = folder + "/sender-" + sender.name
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      for seed in seeds(of: sender.name) {
        var request = SignedRequest(
          headers: [:], body: Array(seed.body.utf8), url: SenderInput.url, now: SenderInput.now)
        request.headers =
          sender.headers(signing: request, event: seed.event, id: "seed-1", secret: SenderInput.secret)
          ?? Headers(seed.headers.map { Headers.Field(name: $0.key, value: $0.value) }.sorted { $0.name < $1.name })
        if request.headers[all: "content-type"].isEmpty {
          request.headers.append(
            "content-type", seed.body.hasPrefix("{") ? "application/json" : "application/x-www-form-urlencoded")
        }
        try Data(SenderInput.bytes(request)).write(to: URL(filePath: "\(folder)/\(seed.name)"))
      }
    }
  }

  private struct Seed {
    var name: String
    var event: String
    var body: String
    /// For senders that nobody can sign as.
    var headers: [String: String] = [:]
  }

  private static let one = String(repeating: "1", count: 40)
  private static let two = String(repeating: "2", count: 40)
  private static let zeros = String(repeating: "0", count: 40)

  private static func seeds(of sender: String) -> [Seed] {
    switch sender {
    case "github", "gitea", "forgejo", "gogs":
      let push = """
        {"ref":"refs/heads/main","before":"\(one)","after":"\(two)","created":false,"deleted":false,"forced":true,\
        "repository":{"full_name":"acme/shop","clone_url":"https://git.example.org/acme/shop.git",\
        "ssh_url":"git@git.example.org:acme/shop.git"},"pusher":{"name":"ada","login":"ada"},\
        "head_commit":{"id":"\(two)","message":"Sell"},"commits":[{"id":"\(two)","message":"Sell"}]}
        """
      let gone = #"{"ref":"refs/tags/v1","before":"\#(one)","after":"\#(zeros)","deleted":true}"#
      let form = "payload=%7B%22ref%22%3A%22refs%2Fheads%2Fmain%22%2C%22after%22%3A%22\(two)%22%7D"
      return [
        Seed(name: "push", event: "push", body: push), Seed(name: "gone", event: "push", body: gone),
        Seed(name: "ping", event: "ping", body: #"{"zen":"x","hook_id":1}"#),
        Seed(name: "form", event: "push", body: form),
      ]
    case "gitlab":
      let push = """
        {"object_kind":"push","ref":"refs/heads/main","before":"\(one)","after":"\(two)","checkout_sha":"\(two)",\
        "user_name":"Ada","project":{"path_with_namespace":"acme/shop","git_http_url":"https://git.example.org/acme/shop.git",\
        "git_ssh_url":"git@git.example.org:acme/shop.git"},"commits":[{"id":"\(two)","message":"Sell"}]}
        """
      return [
        Seed(name: "push", event: "push", body: push),
        Seed(name: "issue", event: "issue", body: #"{"object_kind":"issue","object_attributes":{"id":1}}"#),
      ]
    case "bitbucket":
      let state = #"{"type":"branch","name":"main","target":{"hash":"\#(two)","message":"Sell"}}"#
      let push = """
        {"actor":{"nickname":"ada"},"repository":{"full_name":"acme/shop",\
        "links":{"html":{"href":"https://bitbucket.org/acme/shop"}}},\
        "push":{"changes":[{"old":null,"new":\(state),"created":true},{"old":\(state),"new":null,"closed":true}]}}
        """
      return [Seed(name: "push", event: "repo:push", body: push)]
    case "bitbucket-server":
      let push = """
        {"actor":{"name":"ada"},"repository":{"slug":"shop","project":{"key":"ACME"},\
        "links":{"clone":[{"name":"http","href":"https://git.example.org/scm/acme/shop.git"}]}},\
        "changes":[{"ref":{"id":"refs/heads/main"},"fromHash":"\(one)","toHash":"\(two)","type":"UPDATE"}]}
        """
      return [
        Seed(name: "push", event: "repo:refs_changed", body: push),
        Seed(name: "ping", event: "diagnostics:ping", body: #"{"test":true}"#),
      ]
    case "slack":
      return [
        Seed(name: "challenge", event: "x", body: #"{"type":"url_verification","challenge":"abc"}"#),
        Seed(
          name: "event", event: "x", body: #"{"type":"event_callback","event_id":"Ev1","event":{"type":"message"}}"#),
        Seed(name: "command", event: "x", body: "command=%2Fdeploy&text=shop"),
      ]
    case "twilio": return [Seed(name: "call", event: "x", body: "CallSid=CA1&From=%2B1555&Body=a+b&Body=c")]
    case "paypal":
      return [
        Seed(
          name: "event", event: "x", body: #"{"id":"WH-1","event_type":"PAYMENT.SALE.COMPLETED","resource":{}}"#,
          headers: [
            "PayPal-Transmission-Id": "t-1", "PayPal-Transmission-Time": "2027-01-15T08:00:00Z",
            "PayPal-Transmission-Sig": "AAAA", "PayPal-Auth-Algo": "SHA256withRSA",
            "PayPal-Cert-Url": "https://api.paypal.com/v1/notifications/certs/CERT-1",
          ])
      ]
    case "pingdom":
      return [Seed(name: "down", event: "x", body: #"{"check_id":1,"check_type":"HTTP","current_state":"DOWN"}"#)]
    case "woocommerce":
      return [
        Seed(name: "order", event: "order.created", body: #"{"id":1,"status":"processing"}"#),
        Seed(name: "ping", event: "x", body: "webhook_id=1"),
      ]
    default:
      return [
        Seed(
          name: "event", event: "payment.succeeded",
          body:
            #"{"id":"evt_1","type":"payment.succeeded","event":"x","data":{"object":{"currency":"eur","amount":1}}}"#)
      ]
    }
  }
}
