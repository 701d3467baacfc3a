import Git
import Model

extension NetworkLimits {
  init(_ limits: FetchLimits) {
    self.init(
      connect: limits.connect.duration, firstByte: limits.firstByte.duration, stall: limits.stall.duration,
      bytes: limits.bytes)
  }
}
