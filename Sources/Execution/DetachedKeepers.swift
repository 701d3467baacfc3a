import Glibc

/// Keepers that outlive their steps, because what those left in the background may stay.
final class DetachedKeepers {
  private(set) var processes: Set<pid_t> = []

  var isEmpty: Bool { processes.isEmpty }

  func add(_ process: pid_t) { processes.insert(process) }

  /// It was collected: its number may be somebody else's now.
  func ended(_ process: pid_t) { processes.remove(process) }
}
