/// Stands for the content and the places of all `.gitattributes` files of a commit.
struct AttributesFingerprint {
  /// There are none, so files are written as they are.
  let isEmpty: Bool
  /// Fit for a file name.
  let text: String

  init(_ files: [(path: [UInt8], id: ObjectID)]) {
    isEmpty = files.isEmpty
    guard !files.isEmpty else {
      text = "plain"
      return
    }
    var bytes: [UInt8] = []
    for file in files {
      bytes += file.path + [0]
      withUnsafeBytes(of: file.id.raw) { bytes.append(contentsOf: $0) }
    }
    text = SHA1.digest(of: bytes).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }
}
