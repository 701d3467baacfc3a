import Foundation

/// A port that accepts connections (the kernel does) and on which nobody ever answers.
public final class SilentServer: Sendable {
  private let descriptor: Int32
  public let port: Int

  public init() throws {
    (descriptor, port) = try Loopback.listen()
  }

  /// Waits until somebody has connected.
  /// - Returns: whether that was within `seconds`.
  public func isCalled(within seconds: Double = 30) -> Bool {
    var caller = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&caller, 1, Int32(seconds * 1000)) == 1
  }

  deinit { close(descriptor) }
}
