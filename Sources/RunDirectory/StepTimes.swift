import Glibc

/// `NN-<step>.times`: which byte of a log was written when.
public enum StepTimes {
  /// The entries in the order of the file: the bytes from `offset` on were written at `milliseconds` (Unix time)
  /// or up to ten milliseconds later. Empty where there is no file. Lines that are no entry are left out.
  /// - Parameter path: of the `.times` file; see `RunDirectory.timesPath(ofLog:)`.
  public static func read(_ path: String) -> [(offset: Int, milliseconds: Int64)] {
    guard let file = try? OpenFile(path, O_RDONLY), let bytes = try? file.readAll(limit: limit) else { return [] }
    var entries: [(offset: Int, milliseconds: Int64)] = []
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      let words = line.split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
      guard words.count == 2, let offset = Int(words[0]), let time = Int64(words[1]) else { continue }
      entries.append((offset, time))
    }
    return entries
  }

  /// A hundred entries a second for two days.
  private static let limit = 512 << 20
}
