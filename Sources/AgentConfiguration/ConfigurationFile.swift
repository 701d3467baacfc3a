import Pipelines

/// The configuration as a mapping, for who wants to know a few of its keys and need not be able to read any secret.
enum ConfigurationFile {
  /// - Throws: where the file cannot be read at all; other mistakes in it are for `pushrod check`.
  static func entries(of file: String) throws(Diagnostics) -> [Document.Entry] {
    let bytes: [UInt8]
    switch FileReading.bytes(of: file, atMost: Document.Limits().bytes) {
    case .success(let content): bytes = content
    case .failure(let failure): throw Diagnostics(file: file, "the configuration \(failure.words)")
    }
    guard case .mapping(let entries) = try Document.parse(bytes, file: file).root.content else {
      throw Diagnostics(file: file, "the configuration is no mapping")
    }
    return entries
  }
}
