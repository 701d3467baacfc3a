public import Model

/// Gitea, Forgejo and Gogs: one family, one signature, three sets of header names.
///
/// All sign the JSON with HMAC-SHA256. In form posts too it is the JSON that is signed, not `payload=…`.
/// Each later one also sends the headers of those before it, and GitHub's, so that receivers made for those
/// go on working; whichever are there must say the same.
public struct GiteaFamily: Sender {
  public static let gitea = GiteaFamily(name: "gitea", brands: ["Gitea", "Gogs", "Forgejo"])
  public static let forgejo = GiteaFamily(name: "forgejo", brands: ["Forgejo", "Gitea", "Gogs"])
  public static let gogs = GiteaFamily(name: "gogs", brands: ["Gogs", "Gitea", "Forgejo"])

  public let name: String
  public let jsonFormField: String? = "payload"
  /// The names in the headers, the sender's own first.
  private let brands: [String]

  public func check(_ request: SignedRequest, secrets: [Secret]) -> SignatureCheck {
    var found: HexDigest?
    for header in brands.map({ "X-\($0)-Signature" }) + ["X-Hub-Signature-256"] {
      let values = request.headers[all: header]
      guard let value = values.first else { continue }
      guard values.count == 1 else {
        return .ambiguous(reason: "the header \(header) was sent \(values.count) times")
      }
      let isHub = header == "X-Hub-Signature-256"
      guard let digest = isHub ? HexDigest(prefixed: value) : HexDigest(value.utf8) else {
        let form = isHub ? "`sha256=` and 64 lower-case" : "64 lower-case"
        return .invalid(reason: "\(header) is not \(form) hexadecimal digits")
      }
      guard found == nil || found == digest else {
        return .ambiguous(reason: "the signature headers do not agree")
      }
      found = digest
    }
    guard let digest = found else {
      return .invalid(reason: "the header X-\(brands[0])-Signature is missing")
    }
    do {
      return HMACCheck.check(digest, over: try json(of: request), secrets: secrets)
    } catch {
      return .invalid(reason: "the signed JSON cannot be found: \(error.description)")
    }
  }

  public func meaning(of request: SignedRequest) throws(Unreadable) -> Meaning {
    _ = try ContentType.read(request.headers)
    let event = try EventName.read(request.headers, brands.map { "X-\($0)-Event" } + ["X-GitHub-Event"])
    let id = id(of: request.headers)
    switch event {
    case "push":
      let json = try json(of: request)
      var meaning = try Payload.decode(PushPayload.self, from: json).meaning(id: id, event: event)
      if let push = meaning.push, push.message == nil, !push.deleted {
        // Gogs and old Giteas send no `head_commit`.
        meaning.pushes[0].message = try Payload.decode(GogsCommits.self, from: json).message(of: push.after)
      }
      // The button "Test delivery" posts a push of the newest commit onto itself.
      if let push = meaning.push, push.before == push.after {
        (meaning.ignored, meaning.isGreeting) = ("test push: the ref did not move", true)
      }
      return meaning
    case "create" where name == "gogs":
      // Gogs tells of a new tag in this event alone; the others send a push as well.
      return try Payload.decode(GogsCreatePayload.self, from: try json(of: request))
        .meaning(id: id, event: event)
    default:
      return .notAPush(event, id: id)
    }
  }

  public func id(of headers: Headers) -> String? {
    DeliveryID.read(headers, brands.map { "X-\($0)-Delivery" } + ["X-GitHub-Delivery"])
  }

  public func headers(signing request: SignedRequest, event: String, id: String, secret: Secret) -> Headers? {
    [
      "Content-Type": "application/json",
      "X-\(brands[0])-Event": event,
      "X-\(brands[0])-Delivery": id,
      "X-\(brands[0])-Signature": HexDigest(hmacOver: request.body, secret: secret).text,
    ]
  }

  private func json(of request: SignedRequest) throws(Unreadable) -> [UInt8] {
    // Where the content type is neither, the signature is still checked over the body: what is not genuine
    // is refused as that, before anything else is said about it.
    guard let type = try? ContentType.read(request.headers), type == .form else { return request.body }
    return try FormBody.value(of: "payload", in: request.body)
  }
}
