import CGit2
import Glibc

/// libgit2 as a whole.
public enum GitLibrary {
  /// The version of the library that is loaded, such as `1.5.1`.
  public static var version: String {
    var (major, minor, revision): (Int32, Int32, Int32) = (0, 0, 0)
    git_libgit2_version(&major, &minor, &revision)
    return "\(major).\(minor).\(revision)"
  }

  /// Makes the library ready. Every entry of this module calls it; the first call does the work (below 1 ms).
  public static func initialize() { _ = once }

  private static let once: Void = {
    git_libgit2_init()
    // The configuration of the machine and of its user must not change what is fetched, from where
    // (`url.….insteadOf`), or how files are written (`core.autocrlf`, `filter.…`).
    for level in [
      GIT_CONFIG_LEVEL_PROGRAMDATA, GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL,
    ] {
      pushrod_git_set_search_path(level.rawValue, "")
    }
    // Without it a power cut leaves a ref of no bytes, or a pack without its index, and every later fetch fails on it.
    pushrod_git_enable_fsync()
    NetworkStream.register()
  }()
}
