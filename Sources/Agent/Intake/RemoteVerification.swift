public import Model

/// Asks a sender's own service whether a delivery is genuine, for senders whose signature alone does not prove it.
public protocol RemoteVerification: Sendable {
  /// Never throws, and answers within seconds: the sender waits meanwhile.
  func answer(to question: RemoteQuestion) async -> RemoteAnswer
}

/// What a sender's own service is asked.
public struct RemoteQuestion: Sendable {
  /// The address of the service, without a slash at its end; `nil`: the usual one.
  public var api: String?
  /// With which the agent signs in there.
  public var clientID: String
  /// Any of them may be the one in force.
  public var clientSecrets: [Secret]
  public var webhookID: String
  /// Of the delivery.
  public var headers: Headers
  /// Of the delivery, byte for byte: one JSON value.
  public var body: [UInt8]

  public init(
    api: String?, clientID: String, clientSecrets: [Secret], webhookID: String, headers: Headers, body: [UInt8]
  ) {
    self.api = api
    self.clientID = clientID
    self.clientSecrets = clientSecrets
    self.webhookID = webhookID
    self.headers = headers
    self.body = body
  }
}

/// What a sender's own service says. The reasons are for the operator.
public enum RemoteAnswer: Sendable, Hashable {
  case genuine
  case forged(reason: String)
  /// There was no answer that says either; it can be asked again.
  case unavailable(reason: String)
}
