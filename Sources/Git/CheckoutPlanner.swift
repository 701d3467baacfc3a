import CGit2
import Glibc

/// Reads a commit and its submodules, and fetches of these what is missing.
struct CheckoutPlanner {
  let workspace: String
  let policy: RemotePolicy
  let rule: CheckoutRule
  let mirrors: (String) -> Mirror
  let message: (String) -> Void
  private(set) var inspection: TreeInspection
  /// The commit's own `.gitattributes` put files into Git LFS.
  private(set) var usesLargeFiles = false

  /// Submodules in submodules.
  private static let depth = 16

  init(
    workspace: String, limits: TreeLimits, policy: RemotePolicy, rule: CheckoutRule,
    mirrors: @escaping (String) -> Mirror, message: @escaping (String) -> Void
  ) {
    self.workspace = workspace
    self.policy = policy
    self.rule = rule
    self.mirrors = mirrors
    self.message = message
    inspection = TreeInspection(limits: limits)
  }

  mutating func plan(
    _ commit: ObjectID, in mirror: Mirror, url: String, prefix: [UInt8] = [], depth: Int = 0
  ) throws(GitFailure) -> CheckoutPlan {
    try policy.checkDeadline("check out", "reading \(Escaped(url))")
    let memory = memory(prefix)
    let (tree, listing, modules) = try read(commit, in: mirror, prefix: prefix, memory)
    if prefix.isEmpty { usesLargeFiles = try Self.namesLargeFiles(listing, in: mirror) }
    var config = "[remote \"origin\"]\n\turl = \(ConfigText.quoted(RemoteAddress.redacted(url)))\n"
    var plans: [[UInt8]: CheckoutPlan] = [:]
    if rule.largeFiles { config += Self.largeFileFilter }
    for (path, id) in listing.submodules where isWanted(path, prefix) {
      let place = Escaped(prefix + path)
      guard let module = modules.first(where: { $0.path == path }) else {
        message("submodule \"\(place)\" has no entry in .gitmodules: its folder stays empty")
        continue
      }
      guard depth < Self.depth else {
        throw GitFailure(
          .hostileTree, operation: "check out", "Submodules are nested more than \(Self.depth) deep, at \"\(place)\".")
      }
      let address = try module.address(relativeTo: url)
      config +=
        """
        [submodule \(ConfigText.quoted(module.name))]\n\tactive = true\n\turl = \
        \(ConfigText.quoted(RemoteAddress.redacted(address)))\n
        """
      let own = mirrors(address)
      try fetch(id, into: own, from: address, place)
      plans[path] = try plan(
        id, in: own, url: address, prefix: prefix + path + [UInt8(ascii: "/")], depth: depth + 1)
    }
    return CheckoutPlan(
      mirror: mirror, commit: commit, listing: listing, prefix: prefix,
      attributes: AttributesFingerprint(listing.attributes),
      config: config, rule: rule, tree: tree, memory: memory, submodules: plans)
  }

  /// So that `git` in a step finds files as they are and not changed.
  private static let largeFileFilter = """
    [filter "lfs"]
    \tclean = git-lfs clean -- %f
    \tsmudge = git-lfs smudge -- %f
    \tprocess = git-lfs filter-process
    \trequired = true

    """

  private func isWanted(_ path: [UInt8], _ prefix: [UInt8]) -> Bool {
    guard rule.submodules else { return false }
    guard prefix.isEmpty, let sparse = rule.sparse else { return true }
    guard let cut = path.lastIndex(of: UInt8(ascii: "/")) else { return true }
    return sparse.includes(folder: Array(path[..<cut]))
  }

  private static func namesLargeFiles(_ listing: TreeListing, in mirror: Mirror) throws(GitFailure) -> Bool {
    guard !listing.attributes.isEmpty else { return false }
    let objects = try LibraryError.explained(
      "The mirror \(mirror.path) cannot be opened", operation: "check out"
    ) { () throws(LibraryError) in try ObjectDatabase(of: Repository(openBare: mirror.path)) }
    for file in listing.attributes {
      let names = try objects.read(file.id, as: GIT_OBJECT_BLOB) { bytes throws(GitFailure) in
        bytes.count <= 1 << 20
          && bytes.split(separator: UInt8(ascii: "\n")).contains { line in
            line.first != UInt8(ascii: "#")
              && line.split(whereSeparator: { $0 <= 0x20 }).dropFirst().contains { $0.elementsEqual("filter=lfs".utf8) }
          }
      }
      if names { return true }
    }
    return false
  }

  private mutating func read(
    _ commit: ObjectID, in mirror: Mirror, prefix: [UInt8], _ memory: CheckoutMemory?
  ) throws(GitFailure) -> (tree: ObjectID, listing: TreeListing, modules: [Submodule]) {
    let what = "Commit \(commit.hex) cannot be read from the mirror \(mirror.path)"
    let repository = try LibraryError.explained(what, operation: "check out") { () throws(LibraryError) in
      try Repository(openBare: mirror.path)
    }
    let tree = try LibraryError.explained(what, operation: "check out") { () throws(LibraryError) in
      try repository.tree(ofCommit: commit)
    }
    let objects = try LibraryError.explained(what, operation: "check out") { () throws(LibraryError) in
      try ObjectDatabase(of: repository)
    }
    let listing = try inspection.read(
      tree, from: objects, prefix: prefix, memory: memory)
    guard
      let list = listing.top.lazy.map({ listing[$0] }).first(where: {
        $0.kind != .folder && listing.name($0).elementsEqual(".gitmodules".utf8)
      })
    else { return (tree, listing, []) }
    let modules = try objects.read(list.id, as: GIT_OBJECT_BLOB) { bytes throws(GitFailure) in
      try Submodule.list([UInt8](bytes))
    }
    return (tree, listing, modules)
  }

  private func memory(_ prefix: [UInt8]) -> CheckoutMemory? {
    var folder = open(workspace, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    defer { if folder >= 0 { close(folder) } }
    for component in prefix.split(separator: UInt8(ascii: "/")) where folder >= 0 {
      let next = openat(
        folder, String(decoding: component, as: UTF8.self), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
      close(folder)
      folder = next
    }
    guard folder >= 0, let memory = GitFolder.memory(in: folder) else { return nil }
    // Under another rule other files were left out, and others left behind.
    return memory.fingerprint.drop { $0 != "+" } == rule.mark ? memory : nil
  }

  private func fetch(
    _ id: ObjectID, into mirror: Mirror, from address: String, _ place: Escaped
  ) throws(GitFailure) {
    if Self.has(id, mirror) { return mirror.noteUse() }
    message("submodule \"\(place)\": fetching \(Escaped(RemoteAddress.redacted(address)))")
    do {
      try mirror.fetchAll(url: address, policy: policy, progress: { _ in }, message: message)
    } catch {
      throw GitFailure(
        error.kind, operation: error.operation, "Submodule \"\(place)\": \(error.description)", detail: error.detail,
        repetition: error.repetition)
    }
    guard Self.has(id, mirror) else {
      throw GitFailure(
        .unreachable, operation: "fetch",
        """
        Submodule \"\(place)\" wants commit \(id.hex), which no branch or tag of \
        \(Escaped(RemoteAddress.redacted(address))) contains (any more). Push that commit there, or point the \
        submodule to one that is.
        """
      )
    }
  }

  private static func has(_ id: ObjectID, _ mirror: Mirror) -> Bool {
    guard access(mirror.path, F_OK) == 0 else { return false }
    do throws(LibraryError) {
      return try Repository(openBare: mirror.path).commit(behind: id) == id
    } catch {
      return false
    }
  }
}
