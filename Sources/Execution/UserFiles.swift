import FoundationEssentials
import Glibc

/// The files that a step of another user is to read and write, which lie in a folder where that user may not go: copies in a
/// folder of its own.
final class UserFiles {
  private let folder: String
  private var output: (own: String, copy: String)?
  /// The step's environment, with the names of the copies.
  private(set) var environment: [String]

  /// An output file is bounded long before.
  private static let longestOutput = 1 << 20

  /// In /tmp and not where `TMPDIR` of the runner leads, since the other user must be able to go there.
  init(_ user: SystemUser, environment: [String]) throws(RunnerFailure) {
    self.environment = environment
    var template = Array("/tmp/pushrod-step-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw .last("make a folder in /tmp") }
    folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    do throws(RunnerFailure) {
      try copy(for: user)
    } catch {
      try? FileTree.remove(folder)
      throw error
    }
  }

  private func copy(for user: SystemUser) throws(RunnerFailure) {
    for (index, variable) in environment.enumerated() {
      guard let equals = variable.firstIndex(of: "=") else { continue }
      let (name, path) = (String(variable[..<equals]), String(variable[variable.index(after: equals)...]))
      guard ["PUSHROD_EVENT_FILE", "PUSHROD_MESSAGE_FILE", "PUSHROD_OUTPUT"].contains(name), access(path, F_OK) == 0
      else { continue }
      let copy = folder + "/" + (path.split(separator: "/").last.map(String.init) ?? "file")
      guard let contents = FileManager.default.contents(atPath: path),
        let file = Descriptor.open(copy, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW), file.writeAll(Array(contents)),
        fchown(file.raw, user.user, user.group) == 0
      else { throw .last("copy \(path) for the user \(user.name)") }
      if name == "PUSHROD_OUTPUT" { output = (path, copy) }
      self.environment[index] = "\(name)=\(copy)"
    }
    guard chown(folder, user.user, user.group) == 0 else { throw .last("give \(folder) to the user \(user.name)") }
  }

  /// After the step: what it has handed on is put where it is looked for, and the copies are removed.
  func finish() {
    if let output, let from = Descriptor.open(output.copy, O_RDONLY | O_NOFOLLOW | O_NONBLOCK) {
      var status = stat()
      if fstat(from.raw, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
        let to = Descriptor.open(output.own, O_WRONLY | O_TRUNC | O_NOFOLLOW)
      {
        _ = to.writeAll(from.readAvailable(limit: UserFiles.longestOutput))
      }
    }
    try? FileTree.remove(folder)
  }
}
