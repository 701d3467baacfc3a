/// How far a fetch has come.
public struct TransferProgress: Sendable, Hashable {
  public var receivedObjects: Int
  public var totalObjects: Int
  public var indexedObjects: Int
  public var receivedBytes: Int

  public init(receivedObjects: Int, totalObjects: Int, indexedObjects: Int, receivedBytes: Int) {
    self.receivedObjects = receivedObjects
    self.totalObjects = totalObjects
    self.indexedObjects = indexedObjects
    self.receivedBytes = receivedBytes
  }
}
