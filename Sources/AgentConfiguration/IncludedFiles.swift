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
      guard let root = resolved(folder), let place = resolved(folder + "/" + path) else {
        return .failure(IncludeFailure("does not exist beside this one"))
      }
      guard place.hasPrefix(root + "/") else {
        return .failure(IncludeFailure("leads out of the folder of the pipelines"))
      }
      // What is not watched could change behind the agent's back.
      guard PipelineFolder.everyFile(in: folder).contains(folder + "/" + path) else {
        return .failure(
          IncludeFailure("is no `*.yml` file of a folder beside this one, not hidden, at most two deep"))
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
