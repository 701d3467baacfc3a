import Glibc
public import Model
public import Pipelines

/// The folder with the pipeline files.
public struct PipelineFolder: Sendable {
  /// Every pipeline of the folder's `*.yml` and `*.yaml` files, in the order of the file names.
  ///
  /// - Parameters:
  ///   - secrets: the names that pipelines may ask for; `nil` where they are not all known.
  ///   - sources: the names of those whose events they may listen to.
  /// - Throws: every mistake of every file, also two pipelines of one name, and secrets and sources that nobody
  ///   configured.
  public static func load(
    _ folder: String, secrets: Set<String>?, sources: Set<String>
  ) throws(Diagnostics) -> [Pipeline] {
    var mistakes: [Diagnostic] = []
    var pipelines: [Pipeline] = []
    var files: [String: String] = [:]
    for file in try self.files(in: folder) {
      do {
        let pipeline = try load(file: file, secrets: secrets, sources: sources)
        if let other = files[pipeline.name] {
          mistakes.append(
            Diagnostic(
              file: file,
              message: "the pipeline is named `\(pipeline.name)`, like the one in \(other.shown(limit: 300))",
              suggestion: "give one of them another `name`"))
        }
        files[pipeline.name] = file
        pipelines.append(pipeline)
      } catch {
        mistakes += error.all
      }
    }
    guard mistakes.isEmpty else { throw Diagnostics(mistakes) }
    return pipelines
  }

  /// One pipeline.
  ///
  /// - Parameters:
  ///   - secrets: the names that it may ask for; `nil` where that cannot be known.
  ///   - sources: the names of those whose events it may listen to; `nil` where that cannot be known.
  public static func load(
    file: String, secrets: Set<String>?, sources: Set<String>?
  ) throws(Diagnostics) -> Pipeline {
    try inspect(file: file, secrets: secrets, sources: sources).pipeline
  }

  /// The same, with what could be better done in another way.
  public static func inspect(
    file: String, secrets: Set<String>?, sources: Set<String>?
  ) throws(Diagnostics) -> (pipeline: Pipeline, advice: [Diagnostic]) {
    let bytes: [UInt8]
    switch FileReading.bytes(of: file, atMost: Document.Limits().bytes) {
    case .success(let content): bytes = content
    case .failure(let failure): throw Diagnostics(file: file, "the pipeline file \(failure.words)")
    }
    let folder = file.lastIndex(of: "/").map { String(file[..<$0]) } ?? "."
    return try PipelineFile.inspect(
      bytes, file: file, secrets: secrets, sources: sources, includes: IncludedFiles.of(folder: folder),
      zones: ZoneFolder.system)
  }

  /// The pipeline files, and what they may share: the `*.yml` and `*.yaml` files of the subfolders, two levels deep.
  static func everyFile(in folder: String) -> [String] {
    var files = (try? self.files(in: folder)) ?? []
    for first in folders(in: folder) {
      files += (try? self.files(in: first)) ?? []
      for second in folders(in: first) { files += (try? self.files(in: second)) ?? [] }
    }
    return files
  }

  private static func folders(in folder: String) -> [String] {
    names(in: folder).map { folder + "/" + $0 }.filter { path in
      var status = stat()
      return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
  }

  /// Paths of the pipeline files, sorted by name. Hidden files (an editor's, for instance) are not among them.
  public static func files(in folder: String) throws(Diagnostics) -> [String] {
    guard let stream = opendir(folder) else {
      let reason = errno == ENOENT ? "does not exist" : "cannot be read: \(String(cString: strerror(errno)))"
      throw Diagnostics(
        file: folder, "the folder of the pipelines \(reason)",
        suggestion: errno == ENOENT ? "create it: mkdir -p \(folder.shown(limit: 300))" : nil)
    }
    closedir(stream)
    return names(in: folder).filter(isPipelineFile).map { folder + "/" + $0 }
  }

  private static func isPipelineFile(_ name: String) -> Bool { name.hasSuffix(".yml") || name.hasSuffix(".yaml") }

  /// Paths of files that are passed over and may have been meant as pipelines: not what is hidden, folders, texts for people
  /// and backups.
  public static func otherFiles(in folder: String) -> [String] {
    names(in: folder).filter { name in
      !isPipelineFile(name) && !name.hasPrefix("README") && ![".md", ".bak", "~"].contains { name.hasSuffix($0) }
    }.map { folder + "/" + $0 }.filter { path in
      var status = stat()
      return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }
  }

  /// What stands in a folder, sorted, without what is hidden; nothing where it cannot be read.
  private static func names(in folder: String) -> [String] {
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted()
  }
}
