import Glibc
import Model

/// From what a pipeline says to what the kernel starts.
enum StepProgram {
  /// - Parameter environment: the step's own; its `PATH` finds the shell.
  /// - Throws: `RunnerFailure` where the folder or the shell is not there.
  static func program(
    for step: Step, workspace: String, environment: [String]
  ) throws(RunnerFailure) -> ChildProcess.Program {
    let directory = try folder(of: step, workspace: workspace)
    guard let shell = step.shell.first else { throw RunnerFailure("the step names no shell") }
    guard !step.run.utf8.contains(0) else { throw RunnerFailure("the script holds a NUL byte") }
    let path = environment.first { $0.hasPrefix("PATH=") }?.dropFirst(5) ?? ""
    guard let executable = find(shell, path: String(path), directory: directory) else {
      throw RunnerFailure("the shell `\(shell)` is not installed (looked in \(path))")
    }
    return ChildProcess.Program(
      path: executable, arguments: step.shell + ["-c", step.run], environment: environment,
      directory: directory)
  }

  /// The step's folder with symbolic links resolved; it must not lie outside the workspace.
  private static func folder(of step: Step, workspace: String) throws(RunnerFailure) -> String {
    guard let root = resolved(workspace) else { throw .last("enter the workspace \(workspace)") }
    guard let relative = step.directory, !relative.isEmpty else { return root }
    guard let path = resolved(root + "/" + relative) else {
      throw RunnerFailure("there is no folder `\(relative)` in the repository (`dir` of the step)")
    }
    guard path == root || path.hasPrefix(root + "/") else {
      throw RunnerFailure("the folder `\(relative)` leads outside the workspace (`dir` of the step)")
    }
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      throw RunnerFailure("`\(relative)` is not a folder (`dir` of the step)")
    }
    return path
  }

  static func resolved(_ path: String) -> String? {
    guard let text = realpath(path, nil) else { return nil }
    defer { free(text) }
    return String(cString: text)
  }

  /// As execvp(3) finds programs, but with the step's `PATH`.
  static func find(_ name: String, path: String, directory: String) -> String? {
    if name.utf8.contains(UInt8(ascii: "/")) {
      return name.hasPrefix("/") ? name : directory + "/" + name
    }
    for folder in path.split(separator: ":") where folder.hasPrefix("/") {
      let candidate = "\(folder)/\(name)"
      if access(candidate, X_OK) == 0 { return candidate }
    }
    return nil
  }
}
