public import Foundation

/// A fresh directory below the system's temporary folder, with everything in it removed when the last
/// reference goes away.
///
/// Its path holds no symbolic link, so it can be compared with what `realpath` or Git print.
public final class TemporaryDirectory: Sendable {
  /// Absolute, without a trailing slash.
  public let path: String

  /// - Parameter name: a word in the directory's name that tells an operator which test it was.
  public init(_ name: String = "test") throws {
    let parent = URL(fileURLWithPath: NSTemporaryDirectory()).resolvingSymlinksInPath().path
    var template = Array("\(parent)/pushrod-\(name)-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: parent])
    }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit { remove() }

  /// Removes the directory now. Harmless to call again.
  public func remove() {
    if (try? FileManager.default.removeItem(atPath: path)) == nil {
      // A test may leave directories without write permission behind.
      _ = try? run(["chmod", "-R", "u+rwx", path])
      try? FileManager.default.removeItem(atPath: path)
    }
  }

  /// The path of `name` in this directory.
  public func file(_ name: String) -> String { "\(path)/\(name)" }

  /// Writes `text` to `name`, making folders on the way.
  /// - Returns: the file's path.
  @discardableResult
  public func write(_ name: String, _ text: String, mode: Int = 0o644) throws -> String {
    try write(name, Data(text.utf8), mode: mode)
  }

  /// Writes `bytes` to `name`, making folders on the way.
  /// - Returns: the file's path.
  @discardableResult
  public func write(_ name: String, _ bytes: Data, mode: Int = 0o644) throws -> String {
    let url = URL(fileURLWithPath: file(name))
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try bytes.write(to: url)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: url.path)
    return url.path
  }

  /// The text of `name`, which must be UTF-8.
  public func read(_ name: String) throws -> String {
    try String(contentsOfFile: file(name), encoding: .utf8)
  }
}
