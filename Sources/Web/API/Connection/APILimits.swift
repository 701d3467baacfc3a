import NIOCore

/// What one connection to the API may take.
struct APILimits: Sendable {
  /// From the beginning of a connection to the end of its first request head.
  var headTimeout = TimeAmount.seconds(10)
  /// From the end of a head to the end of its body.
  var bodyTimeout = TimeAmount.seconds(10)
  /// Between two requests.
  var idleTimeout = TimeAmount.seconds(75)
  /// Bytes of one header field, and of all of them; and their number.
  var headerField = 16 << 10
  var headerList = 32 << 10
  var headerCount = 100
  /// Connections at once; more wait in the kernel's queue.
  var connections = 256
}
