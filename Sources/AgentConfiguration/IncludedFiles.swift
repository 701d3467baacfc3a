import Glibc
import Pipelines

/// The files that the pipelines of a folder share by `include`.
enum IncludedFiles {
  /// Files of the folder's subfolders. One in the folder itself is a pipeline, and none of it.
  static func of(folder: String) -> Includes {
    Includes { path in
      guard path.utf8.contains(UInt8(ascii: "/")) else {
        return .failure(
          IncludeFailure("lies among the pipelines; put what they share into a folder of its own, such as common/"))
      }
      guard let place = resolved(folder + "/" + path), let root = resolved(folder), place.hasPrefix(root + "/") else {
        return .failure(
          IncludeFailure(
            resolved(folder + "/" + path) == nil
              ? "does not exist beside this one" : "leads out of the folder of the pipelines"))
      }
      return FileReading.bytes(of: place, atMost: Document.Limits().bytes).mapError { IncludeFailure($0.words) }
    }
  }

  private static func resolved(_ path: String) -> String? {
    guard let text = realpath(path, nil) else { return nil }
    defer { free(text) }
    return String(cString: text)
  }
}
