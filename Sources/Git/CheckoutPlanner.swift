import CGit2
import Glibc

/// Reads a commit and its submodules, and fetches of these what is missing.
struct CheckoutPlanner {
  let workspace: String
  let policy: RemotePolicy
  let mirrors: (String) -> Mirror
  let message: (String) -> Void
  private(set) var inspection: TreeInspection

  /// Submodules in submodules.
  private static let depth = 16

  init(
    workspace: String, limits: TreeLimits, policy: RemotePolicy, mirrors: @escaping (String) -> Mirror,
    message: @escaping (String) -> Void
  ) {
    self.workspace = workspace
    self.policy = policy
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
    var config = "[remote \"origin\"]\n\turl = \(ConfigText.quoted(RemoteAddress.redacted(url)))\n"
    var plans: [[UInt8]: CheckoutPlan] = [:]
    for (path, id) in listing.submodules {
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
      config: config, tree: tree, memory: memory, submodules: plans)
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
    return folder >= 0 ? GitFolder.memory(in: folder) : nil
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
