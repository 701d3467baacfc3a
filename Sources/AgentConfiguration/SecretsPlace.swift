import Glibc
import Model
public import Pipelines

/// Where stored secrets lie, for a command line that need not be able to read any.
public struct SecretsPlace: Sendable {
  /// The configuration.
  public var file: String
  public var folder: SecretsFolder
  /// The folder of the pipelines that may ask for them.
  public var pipelines: String
  /// The secrets of the configuration itself: name, and `file`, `env`, `credential`, `command` or `configuration`.
  public var configured: [(name: String, from: String)]
  /// The agent's user: to whom its own folder belongs, else the one that the packages make; `nil` where there is neither.
  public var owner: (user: UInt32, group: UInt32)?

  /// - Throws: where the file cannot be read at all; other mistakes in it are for `pushrod check`.
  public static func find(file: String, environment: [String: String]) throws(Diagnostics) -> SecretsPlace {
    let entries = try ConfigurationFile.entries(of: file)
    func path(_ key: String, _ usual: String, from folder: String) -> String {
      guard case .scalar(let text, _)? = entries.first(where: { $0.key == key })?.value.content, !text.isEmpty else {
        return usual
      }
      return FilePath.absolute(text, from: folder)
    }
    let paths = PathDefaults(configurationFile: file)
    let data =
      Overrides().said(.data, environment: environment).map { FilePath.absolute($0.text, from: FilePath.workingFolder) }
      ?? path("data", paths.data, from: paths.folder)
    let pipelines =
      Overrides().said(.pipelines, environment: environment).map {
        FilePath.absolute($0.text, from: FilePath.workingFolder)
      }
      ?? path("pipelines", paths.pipelines, from: paths.folder)
    var status = stat()
    let owner = stat(data, &status) == 0 ? (user: status.st_uid, group: status.st_gid) : paths.packagedUser
    return SecretsPlace(
      file: file, folder: SecretsFolder(path("secrets_folder", paths.secrets, from: paths.folder)),
      pipelines: pipelines, configured: configured(entries), owner: owner)
  }

  /// The pipeline files that ask for the secret; those that cannot be read are not among them.
  public func files(thatName secret: String) -> [String] {
    ((try? PipelineFolder.files(in: pipelines)) ?? []).filter { file in
      (try? PipelineFolder.load(file: file, secrets: nil, sources: nil))?.secrets.contains(secret) == true
    }
  }

  private static func configured(_ entries: [Document.Entry]) -> [(name: String, from: String)] {
    guard case .mapping(let secrets)? = entries.first(where: { $0.key == "secrets" })?.value.content else { return [] }
    return secrets.map { entry in
      guard case .mapping(let reference) = entry.value.content else { return (entry.key, "configuration") }
      let kinds = ["file", "env", "credential", "command"]
      return (entry.key, reference.first { kinds.contains($0.key) }?.key ?? "configuration")
    }
  }
}
