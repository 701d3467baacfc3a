import RunDirectory

/// What the agent could not remove of old runs, because it belongs to the runners' user: folders that steps made.
enum Leftovers {
  /// The rest is for the next runner.
  private static let limit = Duration.seconds(10)

  /// Called when the run is over and its lock is free; nobody waits for this.
  static func remove(beside directory: RunDirectory) {
    let parts = directory.path.split(separator: "/")
    guard parts.dropLast().last == "runs" else { return }
    let area = RunArea(root: "/" + parts.dropLast(2).joined(separator: "/"))
    let end = Instant.now + limit
    for name in area.contents()?.setAside ?? [] where Instant.now < end {
      _ = area.removeSetAside(name, isCancelled: { Instant.now >= end })
    }
  }
}
