/// The version of this Pushrod, the same for the agent and the runner.
public enum PushrodVersion {
  /// By semantic versioning, without a leading `v`.
  public static let current = "0.1.0"
}
