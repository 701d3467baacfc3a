import FoundationEssentials
import Glibc
import Model
import Pipelines

/// The working tree that a local run is in, and what Git says of it.
struct LocalTree {
  /// The top of the working tree; the working folder where Git knows of none.
  let path: String
  let ref: RefName
  /// What is checked out; changes that are not committed are in the tree all the same. Zeros where there is none.
  let commit: CommitID
  let message: String?
  let person: String

  static func find() async throws(CommandExit) -> LocalTree {
    let folder = FileManager.default.currentDirectoryPath
    // Without a `git` to ask, it is a folder as one that Git does not know.
    let git = LocalGit(repository: folder)
    let top = try? await git.ask("rev-parse", "--show-toplevel")
    let head = (try? await git.ask("rev-parse", "--verify", "--quiet", "HEAD")).flatMap { CommitID($0) }
    let branch = (try? await git.ask("symbolic-ref", "--quiet", "HEAD")).flatMap { RefName($0) }
    let message = head == nil ? nil : try? await git.ask("log", "-1", "--format=%B")
    guard let nothing = CommitID(String(repeating: "0", count: 40)), let main = RefName("refs/heads/main") else {
      throw CommandExit(.failed, "there is no commit to name.")
    }
    return LocalTree(
      path: LocalTree.resolved(top ?? folder), ref: branch ?? main, commit: head ?? nothing, message: message,
      person: getpwuid(geteuid()).map { String(cString: $0.pointee.pw_name) } ?? "uid \(geteuid())")
  }

  /// The steps of a pipeline whose `file` stands in the repository: as they are in the tree.
  func steps(in file: String, secrets: [String]) throws -> PipelineSteps {
    try refuseLinks(file)
    let bytes = try InputFile.read("\(path)/\(file)", purpose: "pipeline's", limit: Pipeline.longestFile)
    return try RepositoryFile.parse(bytes, file: file, secrets: secrets)
  }

  /// The agent reads the file from the commit, where a link leads nowhere.
  private func refuseLinks(_ file: String) throws(CommandExit) {
    var path = path
    for part in file.split(separator: "/") {
      path += "/\(part)"
      var status = stat()
      guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFLNK else { continue }
      throw CommandExit(
        .failed, "\(path.onOneLine) is a symbolic link, which the agent does not follow: put the file itself there.")
    }
  }

  private static func resolved(_ path: String) -> String {
    guard let text = realpath(path, nil) else { return path }
    defer { free(text) }
    return String(cString: text)
  }
}
