import Glibc
import Model
import Pipelines

/// `secrets_folder`: one file for each secret that was stored with `pushrod secret set`.
public struct SecretsFolder: Sendable {
  public let path: String

  public init(_ path: String) { self.path = path }

  static let usualName = "secrets.d"
  private static let mostFiles = 500

  /// A file of the folder.
  public struct Entry: Sendable, Hashable {
    public var name: String
    /// When its content was changed last, in seconds since 1970.
    public var changed: Int
  }

  /// The secrets that are there, by name; none where there is no folder yet. Files whose names cannot name a variable (an
  /// editor's copy, an unfinished file) are none.
  /// - Returns: `nil` where it cannot be read, with `errno`.
  public func entries() -> [Entry]? {
    guard let stream = opendir(path) else { return errno == ENOENT ? [] : nil }
    defer { closedir(stream) }
    var entries: [Entry] = []
    while let item = readdir(stream) {
      let name = withUnsafePointer(to: &item.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard VariableReading.complaint(aboutName: name) == nil else { continue }
      var status = stat()
      guard lstat(path + "/" + name, &status) == 0 else { continue }
      entries.append(Entry(name: name, changed: status.st_mtim.tv_sec))
    }
    return entries.sorted { $0.name < $1.name }
  }

  /// What is wrong with the name of a secret; `nil` where nothing is.
  public static func complaint(aboutName name: String) -> String? { VariableReading.complaint(aboutName: name) }

  /// Reads them all into what `secrets` of the file gave.
  func add(to found: inout PipelineSecrets, _ reading: SecretReading, at place: Value?, configuration: String) {
    func report(_ message: String, _ suggestion: String?) {
      if let place { return place.report(message, suggestion: suggestion) }
      found.mistakes.append(Diagnostic(file: configuration, message: message, suggestion: suggestion))
    }
    guard let entries = entries() else {
      let reason = errno
      if reading.use == .whereReadable, reason == EACCES {
        reading.unread.descriptions.append("folder \(path.shown(limit: 300))")
        found.isComplete = false
      } else {
        report(
          "the folder of secrets \(path.shown(limit: 300)) cannot be read: \(String(cString: strerror(reason)))",
          reason == EACCES ? "it has to belong to the agent's user: chown -R pushrod \(path.shown(limit: 300))" : nil)
      }
      return
    }
    if entries.count > SecretsFolder.mostFiles {
      return report("\(path.shown(limit: 300)) holds more than \(SecretsFolder.mostFiles) secrets", nil)
    }
    for entry in entries {
      guard found.names.insert(entry.name).inserted else {
        report(
          "the secret `\(entry.name)` is in `secrets` and in \(path.shown(limit: 300))",
          "remove one of them: `pushrod secret rm \(entry.name)`")
        continue
      }
      switch reading.stored(path + "/" + entry.name) {
      case .success(let secret?): found.values[entry.name] = secret
      case .success(nil): break
      case .failure(let complaint): report(complaint.message, complaint.suggestion)
      }
    }
  }
}

/// What pipelines may ask for.
struct PipelineSecrets {
  /// Also of those that could not be read.
  var names: Set<String> = []
  var values: [String: Secret] = [:]
  /// `false`: there may be more names.
  var isComplete = true
  /// Those without a place in the file.
  var mistakes: [Diagnostic] = []
}
