/// Stands for the content and the places of all `.gitattributes` files of a commit.
struct AttributesFingerprint {
  /// There are none, so files are written as they are.
  let isEmpty: Bool
  /// Fit for a file name.
  let text: String

  static let fileName = Array(".gitattributes".utf8)

  init(_ entries: [TreeEntry]) {
    var bytes: [UInt8] = []
    Self.collect(entries, [], &bytes)
    isEmpty = bytes.isEmpty
    text = isEmpty ? "plain" : SHA1.digest(of: bytes).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }

  private static func collect(_ entries: [TreeEntry], _ prefix: [UInt8], _ bytes: inout [UInt8]) {
    for entry in entries {
      if entry.kind == .folder {
        collect(entry.children, prefix + entry.name.dropLast() + [UInt8(ascii: "/")], &bytes)
      } else if entry.isAttributes {
        bytes += prefix + [0]
        withUnsafeBytes(of: entry.id.raw) { bytes.append(contentsOf: $0) }
      }
    }
  }
}

extension TreeEntry {
  /// A `.gitattributes` file.
  var isAttributes: Bool {
    (kind == .file || kind == .executable || kind == .groupWritableFile)
      && name.dropLast().elementsEqual(AttributesFingerprint.fileName)
  }
}
