public import Model

/// What a delivery says, as far as pipelines are started by it.
public struct SenderEvent {
  /// The source that it came to.
  public var source: String
  /// The sender's word for what happened, where it has one.
  public var name: String?
  /// One for each branch or tag that moved.
  public var pushes: [Push]
  /// Why it is no push, in the sender's terms; `nil` where it is one, and for senders that know no pushes.
  public var notAPush: String?
  /// It is a push all the same, which moves nothing that pipelines know; `notAPush` says what.
  public var isEmptyPush: Bool
  /// It only greets or tests: nothing starts, whatever pipelines say.
  public var isGreeting: Bool
  /// Its fields are those of a form, which is what its Content-Type says.
  public var isForm: Bool
  /// Its fields, read when a pipeline first asks for one. The error's description says why they cannot be.
  public var fields: () throws -> JSONValue

  public init(
    source: String, name: String?, pushes: [Push], notAPush: String?, isEmptyPush: Bool = false, isGreeting: Bool,
    isForm: Bool = false, fields: @escaping () throws -> JSONValue
  ) {
    self.source = source
    self.name = name
    self.pushes = pushes
    self.notAPush = notAPush
    self.isEmptyPush = isEmptyPush
    self.isGreeting = isGreeting
    self.isForm = isForm
    self.fields = fields
  }
}
