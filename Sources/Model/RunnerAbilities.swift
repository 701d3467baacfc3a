/// What runners on this machine can do for steps, as one of them found out (`Handover.asksAbilities`).
public struct RunnerAbilities: Codable, Hashable, Sendable {
  /// Which of `StepLimits` the kernel keeps by control groups; the runner watches over the others, as well as it can.
  public var kernelLimits: [String]

  /// Why steps cannot be put into a sandbox; `nil`: they can.
  public var noSandbox: String?
  /// Why steps cannot run as other users; `nil`: they can.
  public var noUsers: String?

  /// Steps that name no user run as root, because runners do.
  public var isRoot: Bool?

  public init(kernelLimits: [String], noSandbox: String? = nil, noUsers: String? = nil, isRoot: Bool? = nil) {
    self.kernelLimits = kernelLimits
    self.noSandbox = noSandbox
    self.noUsers = noUsers
    self.isRoot = isRoot
  }
}
