public import Pipelines
public import Webhooks

extension SenderEvent {
  /// What pipelines are asked about: a delivery that was verified and read.
  public init(_ meaning: Meaning, of request: SignedRequest, to source: String, from sender: any Sender) {
    self.init(
      source: source, name: meaning.event, pushes: meaning.pushes, notAPush: meaning.ignored,
      isEmptyPush: meaning.isEmptyPush, isGreeting: meaning.isGreeting, isForm: sender.isForm(request),
      fields: { try sender.fields(of: request) })
  }
}
