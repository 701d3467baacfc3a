import Foundation

/// The path of an executable of this package, as built together with the tests.
///
/// `PUSHROD_BIN_DIR` names another folder, for a release build or an installed one.
public func builtExecutable(_ name: String) -> String {
  if let folder = ProcessInfo.processInfo.environment["PUSHROD_BIN_DIR"], !folder.isEmpty {
    return "\(folder)/\(name)"
  }
  // The test bundle lies beside the executables; under `swift test` it is an executable of its own or the
  // first argument of a helper that loads it.
  let own = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
  for candidate in [own.path] + CommandLine.arguments {
    let path = URL(fileURLWithPath: candidate).deletingLastPathComponent().appendingPathComponent(name).path
    if FileManager.default.isExecutableFile(atPath: path) { return path }
  }
  return own.deletingLastPathComponent().appendingPathComponent(name).path
}
