/// The version of this build of Pushrod, one for both executables.
public enum PushrodVersion {
  /// Semantic versioning: `MAJOR.MINOR.PATCH`, with `-dev` between releases.
  public static let current = "0.1.0-dev"
}
