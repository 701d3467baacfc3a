/// All mistakes of a file (or of several), in the order of their places.
public struct Diagnostics: Error, Sendable, CustomStringConvertible {
  /// Never empty.
  public let all: [Diagnostic]

  public init(_ all: [Diagnostic]) { self.all = all }

  /// One mistake without a place in the file.
  public init(file: String, _ message: String, suggestion: String? = nil) {
    all = [Diagnostic(file: file, message: message, suggestion: suggestion)]
  }

  /// Every mistake, rendered, one under the other.
  public var description: String { all.map(\.rendered).joined(separator: "\n") }

  /// One line for a log or a listing: the first mistake and how many more there are.
  public var summary: String {
    guard let first = all.first else { return "no mistakes" }
    return all.count == 1 ? first.oneLine : "\(first.oneLine) (and \(all.count - 1) more)"
  }
}
