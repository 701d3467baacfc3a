import Glibc

/// What a run directory and its files allow, taken from the folder that holds it.
///
/// With one user for agent and runner the data folder is closed to the group and so is everything in it.
/// With two (the shipped systemd units) it is shared through a group with the set-group-ID bit, which a new
/// folder inherits. Either way the administrator says it once, on one folder. Others never get anything.
struct Permissions {
  let directory: mode_t
  let file: mode_t
  let socket: mode_t

  init(inheritedFrom folder: String) throws(RunDirectoryError) {
    var status = stat()
    guard stat(folder, &status) == 0 else { throw .last("look at", folder) }
    let group = status.st_mode & 0o070
    directory = 0o700 | group | status.st_mode & 0o2000
    file = 0o600 | group & 0o040
    socket = 0o600 | group & 0o060
  }
}
