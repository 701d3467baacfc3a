import Model
import Pipelines
@testable import Webhooks

extension FuzzTarget {
  /// For each sender a request: header lines, an empty line, the body.
  static let senders = Senders.all.map { sender in
    FuzzTarget("sender-\(sender.name)") { bytes in
      guard let request = SenderInput.request(bytes, for: sender) else { return }
      check(sender, request)
      _ = sender.isUnsignedPing(request)
      if let id = sender.id(of: request.headers) { requireID(id) }
      do throws(Unreadable) {
        let meaning = try sender.meaning(of: request)
        read(meaning)
        match(meaning, sender, request)
      } catch {
        requireOneLine(error.description, atMost: 1024, "a reason")
      }
    }
  }

  /// Senders with whom a token is proof enough, or where two bodies can mean the same.
  private static let unsealed = ["generic-bearer", "pingdom", "paypal", "twilio"]

  private static func check(_ sender: any Sender, _ request: SignedRequest) {
    switch sender.check(request, secrets: [SenderInput.secret]) {
    case .valid:
      if sender.name != "paypal" {
        require(sender.check(request, secrets: [SenderInput.other]) != .valid, "two secrets fit")
      }
      guard !unsealed.contains(sender.name), request.headers[all: "x-gitlab-token"].isEmpty else { return }
      var changed = request
      changed.body.append(0x20)
      require(sender.check(changed, secrets: [SenderInput.secret]) != .valid, "a longer body fits")
    case .undecided: require(sender.name == "paypal", "only PayPal is asked")
    case .invalid(let reason), .ambiguous(let reason):
      requireOneLine(reason, atMost: 1024, "a reason")
    }
  }

  /// What a pipeline says to it that listens to everything of the source, and has rules for some fields.
  private static func match(_ meaning: Meaning, _ sender: any Sender, _ request: SignedRequest) {
    let event = SenderEvent(
      source: "fuzz", name: meaning.event, pushes: meaning.pushes, notAPush: meaning.ignored,
      isEmptyPush: meaning.isEmptyPush, isGreeting: meaning.isGreeting, fields: { try sender.fields(of: request) })
    let answer = DeliveryMatching.decide(event, SenderInput.pipelines)
    require(answer.decisions.count == SenderInput.pipelines.count, "a pipeline says nothing")
    require(answer.runs.isEmpty == (answer.ignored != nil), "runs and a reason why none, or neither")
    for decision in answer.decisions { requireOneLine(decision.reason, atMost: 8192, "a reason") }
    if let reason = answer.ignored { requireOneLine(reason, atMost: 16_384, "a reason") }
  }

  private static func requireID(_ id: String) {
    require(
      (1...128).contains(id.utf8.count) && id.utf8.allSatisfy { (0x21...0x7e).contains($0) }, "an id that is none")
  }

  private static func read(_ meaning: Meaning) {
    if let id = meaning.id { requireID(id) }
    if let event = meaning.event { requireOneLine(event, atMost: 256, "an event") }
    if let reason = meaning.ignored { requireOneLine(reason, atMost: 1024, "a reason") }
    require(meaning.pushes.isEmpty == (meaning.push == nil), "a push and none")
    for push in meaning.pushes {
      requireOneLine(push.repository, atMost: 1024, "a repository")
      if let pusher = push.pusher { requireOneLine(pusher, atMost: 1024, "a pusher") }
      if let message = push.message {
        require(message.utf8.count <= 64 << 10 && !message.utf8.contains(0), "a message that no variable can hold")
      }
      require(push.deleted || !push.after.isZero, "a push of no commit")
    }
  }
}
