import Git
import Glibc
import Model

/// Fetches what a commit keeps in Git LFS, with `git-lfs`, and puts it into the workspace in the place of its pointers.
///
/// Objects are kept beside the mirror of the repository, so that each is fetched once for all its runs.
struct LargeFiles {
  let workspace: String
  let mirror: String
  let url: String
  let credential: RemoteCredential?
  /// Folders that are not checked out, into which git-lfs would put files all the same.
  let leftOut: [String]

  /// The kernel takes 128 KiB for one variable.
  private static let longestList = 100 << 10

  /// What went wrong, for the person who pushed.
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// Waits for its end; whoever waits for this process ends both when the time is over.
  func fetch(output: Int32) throws {
    guard let git = Self.find("git"), Self.find("git-lfs") != nil else {
      throw Failure(
        description:
          "the pipeline wants large files (`workspace: {lfs: true}`), and git-lfs is not installed on this machine; "
          + "install the package git-lfs, or leave the key out and get pointers")
    }
    guard let copy = Self.duplicate(output) else {
      throw Failure(description: "git-lfs cannot be started: \(String(cString: strerror(errno)))")
    }
    let program = ChildProcess.Program(
      path: git, arguments: ["git", "lfs", "pull"], environment: try environment(), directory: workspace)
    let process: pid_t
    do {
      process = try ChildProcess.start(program, output: copy, cgroup: nil)
    } catch {
      throw Failure(description: error.description)
    }
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0 {
      guard errno == EINTR else { throw Failure(description: "git-lfs was lost: \(String(cString: strerror(errno)))") }
    }
    let end = ExitStatus(waitStatus: status)
    guard end.isSuccess else {
      throw Failure(
        description: "large files could not be fetched: git-lfs ended with \(end.words); its words are above")
    }
  }

  /// Nothing of the machine's own configuration counts, and nobody is asked for anything. The credential is for the host of
  /// the repository alone: a commit may name another one in `.lfsconfig`.
  private func environment() throws -> [String] {
    var settings = [("lfs.storage", mirror + "/lfs"), ("credential.helper", "")]
    var variables = [
      "PATH=\(StepEnvironment.defaultPath)", "HOME=\(workspace)", "LANG=C.UTF-8", "GIT_CONFIG_NOSYSTEM=1",
      "GIT_CONFIG_GLOBAL=/dev/null", "GIT_TERMINAL_PROMPT=0", "GIT_ASKPASS=true",
      "GIT_SSH_COMMAND=ssh -o BatchMode=yes",
    ]
    if !leftOut.isEmpty { settings.append(("lfs.fetchexclude", try exclusions())) }
    if let (user, password) = nameAndPassword(), let origin = Self.origin(of: url) {
      guard !(user + password).utf8.contains(where: { $0 == 0x0a || $0 == 0 }) else {
        throw Failure(
          description: "the credential of \(origin) has a line break in it, and cannot be handed to git-lfs")
      }
      // In the environment, where nobody sees it but this user's processes, and never on a command line.
      settings.append(
        (
          "credential.\(origin).helper",
          Self.helper
        ))
      variables += ["LFS_USER=\(user)", "LFS_PASSWORD=\(password)"]
    }
    variables.append("GIT_CONFIG_COUNT=\(settings.count)")
    for (place, setting) in settings.enumerated() {
      variables += ["GIT_CONFIG_KEY_\(place)=\(setting.0)", "GIT_CONFIG_VALUE_\(place)=\(setting.1)"]
    }
    return variables
  }

  /// As gitcredentials(7) has it: what it prints is the answer.
  private static let helper =
    #"!f() { printf 'username=%s\npassword=%s\n' "$LFS_USER" "$LFS_PASSWORD"; }; f"#

  /// As patterns of gitignore(5), with commas between them; what means something there matches any one character.
  private func exclusions() throws -> String {
    let list = leftOut.map { folder in
      "/"
        + String(
          String.UnicodeScalarView(folder.unicodeScalars.map { "*?[]\\,!".unicodeScalars.contains($0) ? "?" : $0 }))
    }.joined(separator: ",")
    guard list.utf8.count <= Self.longestList else {
      throw Failure(
        description:
          "`sparse` leaves out more folders than git-lfs can be told of; leave out larger ones, or leave out `lfs`")
    }
    return list
  }

  private func nameAndPassword() -> (String, String)? {
    switch credential {
    case .token(let token): ("x-access-token", token)
    case .password(let user, let password): (user, password)
    case .key, nil: nil
    }
  }

  /// `https://host:port` of an address over HTTP.
  private static func origin(of url: String) -> String? {
    guard let colon = url.firstRange(of: "://"), ["http", "https"].contains(url[..<colon.lowerBound].lowercased())
    else {
      return nil
    }
    let authority = url[colon.upperBound...].prefix { $0 != "/" }
    let host = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? authority
    return "\(url[..<colon.lowerBound])://\(host)"
  }

  private static func find(_ name: String) -> String? {
    StepEnvironment.defaultPath.split(separator: ":").map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
  }

  private static func duplicate(_ descriptor: Int32) -> Descriptor? {
    let copy = dup(descriptor)
    return copy < 0 ? nil : Descriptor(copy)
  }
}
