import Glibc

/// Where things lie when the configuration does not say.
struct PathDefaults {
  /// The folder of the configuration file, absolute; relative paths in the file start here.
  let folder: String
  /// Below /etc the packages' folders are meant; anywhere else everything stays beside the file, so that somebody
  /// who tries things out needs no rights and leaves nothing behind.
  private let isSystem: Bool

  init(configurationFile file: String) {
    let absolute = FilePath.absolute(file, from: FilePath.workingFolder)
    folder = FilePath.parent(of: absolute)
    isSystem = absolute.hasPrefix("/etc/")
  }

  /// The user that the packages make for the agent, where its configuration is theirs.
  var packagedUser: (user: UInt32, group: UInt32)? {
    guard isSystem, let entry = getpwnam("pushrod") else { return nil }
    return (entry.pointee.pw_uid, entry.pointee.pw_gid)
  }

  var data: String { isSystem ? Configuration.systemData : folder + "/data" }
  var pipelines: String { folder + "/pipelines" }
  var secrets: String { folder + "/" + SecretsFolder.usualName }

  func socket(data: String) -> String { isSystem ? Configuration.systemSocket : data + "/pushrod.sock" }
}

/// Paths as text; nothing here asks the file system except for the working folder.
enum FilePath {
  static var workingFolder: String {
    guard let buffer = getcwd(nil, 0) else { return "/" }
    defer { free(buffer) }
    return String(cString: buffer)
  }

  /// `path` as seen from `folder`, without `.` and empty components. `..` is kept: a link may stand before it.
  static func absolute(_ path: String, from folder: String) -> String {
    let whole = path.hasPrefix("/") ? path : folder + "/" + path
    return "/" + whole.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
  }

  static func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
    return String(path[..<slash])
  }
}
