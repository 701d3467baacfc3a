import Glibc
import RunDirectory

/// Whether another user can get to where steps work: every folder above must let it through.
///
/// By the permission bits alone (path_resolution(7)); an access list may allow more.
struct UserFolders {
  private let user: uid_t
  private let groups: Set<gid_t>

  /// `nil` where there is no such user.
  init?(of name: String) {
    guard let entry = getpwnam(name)?.pointee else { return nil }
    var count: Int32 = 256
    var groups = [gid_t](repeating: 0, count: Int(count))
    guard getgrouplist(name, entry.pw_gid, &groups, &count) >= 0 else { return nil }
    user = entry.pw_uid
    self.groups = Set(groups.prefix(Int(count)))
  }

  /// The first folder, from the top, that is closed to the user; `nil` where all down to `path` are open. What is not there
  /// yet is open.
  func closed(onTheWayTo path: String) -> String? {
    guard user != 0 else { return nil }
    var folder = ""
    for part in path.split(separator: "/") {
      folder += "/" + part
      var status = stat()
      guard stat(folder, &status) == 0 else { return nil }
      let bit: mode_t = status.st_uid == user ? S_IXUSR : groups.contains(status.st_gid) ? S_IXGRP : S_IXOTH
      if status.st_mode & bit == 0 { return folder }
    }
    return nil
  }
}
