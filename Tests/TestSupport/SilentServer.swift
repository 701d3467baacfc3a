import Foundation

/// A port that accepts connections (the kernel does) and on which nobody ever answers.
public final class SilentServer: Sendable {
  private let descriptor: Int32
  public let port: Int

  public init() throws {
    (descriptor, port) = try Loopback.listen()
  }

  deinit { close(descriptor) }
}
