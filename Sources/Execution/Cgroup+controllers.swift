import Glibc
import Model

/// Controllers, which come from a group above and must be passed on by each group on the way.
extension Cgroup {
  /// Names of the controllers that the limits of a pipeline's steps need.
  static func controllers(for pipeline: Pipeline) -> [String] {
    let limits = pipeline.everyStep.map(pipeline.limits)
    return [
      limits.contains { $0.memory != nil } ? "memory" : nil, limits.contains { $0.processes != nil } ? "pids" : nil,
      limits.contains { $0.cpu != nil } ? "cpu" : nil, limits.contains { $0.io != nil } ? "io" : nil,
    ].compactMap { $0 }
  }

  /// Lets the groups of steps below this one have controllers, as far as the machine's owner has delegated them.
  ///
  /// A group with processes in it cannot pass controllers on. The one above may hold this runner and its guardian: where
  /// it holds nobody else (the unit `pushrod-runner@`, with `Delegate=yes`), they move to a group beside this one first.
  /// - Parameter own: the processes that may be moved.
  /// - Returns: what is there now.
  @discardableResult
  func provide(_ controllers: [String], moving own: Set<pid_t>) -> Set<String> {
    let parent = Cgroup(path: String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]))
    let missing = Set(controllers).subtracting(words("cgroup.controllers"))
    let offered = missing.intersection(parent.words("cgroup.controllers")).sorted()
    if !offered.isEmpty {
      let members = Set(parent.processes)
      // The root of the tree may hold processes.
      if !parent.pass(offered), !members.isEmpty, members.isSubset(of: own) {
        let beside = parent.path + "/pushrod-runner"
        mkdir(beside, 0o755)
        let isMoved = members.allSatisfy { SmallFile.write("\($0)", to: beside + "/cgroup.procs") }
        if !isMoved || !parent.pass(offered) {
          for member in members { _ = SmallFile.write("\(member)", to: parent.path + "/cgroup.procs") }
          rmdir(beside)
        }
      }
    }
    let present = words("cgroup.controllers").intersection(controllers)
    _ = pass(present.sorted())
    return words("cgroup.subtree_control").intersection(controllers)
  }

  /// One after the other: a controller that cannot be had keeps no other away.
  /// - Returns: whether all could be passed on.
  private func pass(_ controllers: [String]) -> Bool {
    controllers.reduce(true) { SmallFile.write("+\($1)", to: path + "/cgroup.subtree_control") && $0 }
  }

  private func words(_ file: String) -> Set<String> {
    Set((SmallFile.read(path + "/" + file) ?? "").split { $0 == " " || $0 == "\n" }.map(String.init))
  }
}
