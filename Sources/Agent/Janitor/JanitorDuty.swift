/// Something that is to be kept from growing without end.
public protocol JanitorDuty: Sendable {
  /// One word for the log.
  var name: String { get }

  /// Does what there is to do now, and gives way to other work while it does. It is called again and again; what one
  /// call leaves undone, because it failed or was cancelled, the next one does.
  func perform() async throws
}
