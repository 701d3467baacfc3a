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

  /// Makes the folder, or takes it as it is, and gives it these permissions. A link in its place is refused.
  /// - Parameter path: of the folder, for errors.
  func makeDirectory(
    _ name: String, in parent: borrowing OpenFolder, path: String
  ) throws(RunDirectoryError) -> OpenFolder {
    guard mkdirat(parent.descriptor, name, directory & 0o777) == 0 || errno == EEXIST else {
      throw .last("create", path)
    }
    guard let folder = OpenFolder(name, in: parent) else { throw .last("open", path) }
    var status = stat()
    guard fstat(folder.descriptor, &status) == 0 else { throw .last("look at", path) }
    // The kernel hands the set-group-ID bit down by itself, and a sandbox may forbid to set it (RestrictSUIDSGID= in
    // systemd.exec(5)): nothing is changed that is right already. What the umask took away is put back.
    guard status.st_mode & 0o7777 != directory, fchmod(folder.descriptor, directory) != 0 else { return folder }
    throw .last("set the permissions of", path)
  }
}
