import Model

/// A push as GitHub would tell of it, made from a repository on this machine.
struct LocalPush: Encodable {
  var ref: RefName
  var before: CommitID
  var after: CommitID
  var created: Bool
  var deleted: Bool
  var forced = false
  var repository: Repository
  var pusher: Person
  var headCommit: Commit?
  var commits: [Commit]

  struct Repository: Encodable {
    var name: String
    var fullName: String
    var cloneUrl: String
  }

  struct Person: Encodable {
    var name: String
    var email: String
  }

  struct Commit: Encodable {
    var id: CommitID
    var message: String
    var author: Person
  }

  /// What the command line says of a push; the rest is asked of git.
  struct Wish {
    var repository: String
    var ref: String?
    var before: String?
    var after: String?
    var cloneURL: String?
  }

  init(_ wish: Wish) async throws(CommandExit) {
    let git = LocalGit(repository: wish.repository)
    ref = try await LocalPush.ref(wish, git)
    after = try await LocalPush.after(wish, ref, git)
    before = try await LocalPush.before(wish, after, git)
    created = before.isZero
    deleted = after.isZero
    let address = try await LocalPush.address(wish, git)
    repository = Repository(
      name: String(address.path.split(separator: "/").last ?? "repository"), fullName: address.name,
      cloneUrl: address.url)
    pusher = Person(
      name: try await git.ask("config", "user.name") ?? "unknown",
      email: try await git.ask("config", "user.email") ?? "")
    headCommit = try await LocalPush.head(after, git)
    commits = headCommit.map { [$0] } ?? []
  }

  private static func ref(_ wish: Wish, _ git: LocalGit) async throws(CommandExit) -> RefName {
    if let said = wish.ref {
      guard let ref = RefName(userTyped: said) else {
        throw CommandExit(.wrongUse, "`\(said.withoutControls)` is not the name of a branch or tag.")
      }
      return ref
    }
    guard let head = try await git.ask("symbolic-ref", "--quiet", "HEAD"), let ref = RefName(head) else {
      throw CommandExit(
        .wrongUse, "\(wish.repository) is not a Git repository with a branch checked out; say --repo and --ref.")
    }
    return ref
  }

  private static func after(_ wish: Wish, _ ref: RefName, _ git: LocalGit) async throws(CommandExit) -> CommitID {
    if let said = wish.after { return try commit(said, option: "--after") }
    let tip = try await git.ask("rev-parse", "--verify", "--quiet", "--end-of-options", "\(ref.full)^{commit}")
    guard let id = tip.flatMap({ CommitID($0) }) else {
      throw CommandExit(
        .wrongUse, "there is no \(ref) in the repository \(wish.repository); name another with --ref.")
    }
    return id
  }

  /// The first commit of a repository has none before it: zeros, as for a new ref.
  private static func before(_ wish: Wish, _ after: CommitID, _ git: LocalGit) async throws(CommandExit) -> CommitID {
    if let said = wish.before { return try commit(said, option: "--before") }
    let parent = try await git.ask("rev-parse", "--verify", "--quiet", "--end-of-options", "\(after.hex)^")
    return try commit(parent ?? String(repeating: "0", count: after.hex.utf8.count), option: "--before")
  }

  private static func commit(_ text: String, option: String) throws(CommandExit) -> CommitID {
    guard let id = CommitID(text) else {
      throw CommandExit(.wrongUse, "\(option) takes a whole commit id: 40 or 64 hexadecimal digits.")
    }
    return id
  }

  /// The address that was said, that of `origin`, or the folder itself.
  private static func address(_ wish: Wish, _ git: LocalGit) async throws(CommandExit) -> RepositoryURL {
    var text = wish.cloneURL
    if text == nil { text = try await git.ask("remote", "get-url", "origin") }
    if text == nil, let top = try await git.ask("rev-parse", "--show-toplevel") { text = top }
    if text == nil { text = try await git.ask("rev-parse", "--absolute-git-dir") }
    guard let text else {
      throw CommandExit(.wrongUse, "the repository's address is not known; name it with --clone-url.")
    }
    do {
      return try RepositoryURL(text.utf8.first == UInt8(ascii: "/") ? "file://\(text)" : text)
    } catch {
      throw CommandExit(.wrongUse, "the repository's address cannot be used: \(error). Name it with --clone-url.")
    }
  }

  private static func head(_ id: CommitID, _ git: LocalGit) async throws(CommandExit) -> Commit? {
    guard !id.isZero, let text = try await git.ask("log", "-1", "--format=%an%x00%ae%x00%B", id.hex, "--") else {
      return nil
    }
    let parts = text.split(separator: "\0", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 3 else { return nil }
    return Commit(id: id, message: parts[2], author: Person(name: parts[0], email: parts[1]))
  }
}
