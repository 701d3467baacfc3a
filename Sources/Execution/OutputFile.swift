import Glibc
import RunDirectory

/// The file that `PUSHROD_OUTPUT` names: in the run directory while the step runs, and removed after it, because a value
/// may be secret.
struct OutputFile {
  let path: String

  init(_ directory: RunDirectory, step: Int) {
    path = directory.path + "/" + (step < 10 ? "0" : "") + "\(step).output"
  }

  /// Empty, for this user alone.
  func make() throws(RunnerFailure) {
    unlink(path)
    guard Descriptor.open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600) != nil else {
      throw .last("create the file for $PUSHROD_OUTPUT")
    }
  }

  /// What the step wrote, and no more of it than may be there.
  func take() -> [UInt8] {
    defer { unlink(path) }
    // The step may have put anything in its place.
    return LogFile(path: path)?.read(at: 0, limit: StepOutputs.longestFile + 1) ?? []
  }
}
