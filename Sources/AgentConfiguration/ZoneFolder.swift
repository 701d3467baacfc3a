public import Pipelines

/// The time zones of this machine: the files of Debian's `tzdata`.
public enum ZoneFolder {
  public static let usual = "/usr/share/zoneinfo"

  public static let system = zones(in: usual)

  static func zones(in folder: String) -> Zones {
    Zones { name in
      // What a file is there for, and what every machine knows, whether it has the files or not.
      if name == "UTC" { return .success(.utc) }
      guard ZoneFile.isName(name) else { return .failure(ZoneFailure("is no name of a time zone")) }
      switch FileReading.bytes(of: folder + "/" + name, atMost: ZoneFile.longest) {
      case .success(let bytes):
        guard let rules = ZoneFile.rules(bytes) else {
          return .failure(ZoneFailure("cannot be read: \(folder)/\(name) is no zone file of version 2 or later"))
        }
        return .success(rules)
      case .failure(.missing), .failure(.notRegular): return .failure(missing(name, folder))
      case .failure(let failure): return .failure(ZoneFailure("cannot be read: its file \(failure.words)"))
      }
    }
  }

  private static func missing(_ name: String, _ folder: String) -> ZoneFailure {
    let known = names(in: folder)
    if known.isEmpty {
      return ZoneFailure("is not on this machine, which has no time zones", suggestion: "install the package tzdata")
    }
    // `Berlin` alone is what people try first.
    let city = known.first { $0.lowercased().hasSuffix("/" + name.lowercased()) }
    return ZoneFailure(
      "does not exist",
      suggestion: city.map { "did you mean `\($0)`?" } ?? Suggestion.didYouMean(name, known)
        ?? "write one that `timedatectl list-timezones` shows")
  }

  /// The third column of the table of all places.
  private static func names(in folder: String) -> [String] {
    guard case .success(let bytes) = FileReading.bytes(of: folder + "/zone.tab", atMost: 256 << 10) else { return [] }
    return bytes.split(separator: UInt8(ascii: "\n")).filter { $0.first != UInt8(ascii: "#") }.compactMap { line in
      let columns = line.split(separator: UInt8(ascii: "\t"))
      return columns.count > 2 ? String(decoding: columns[2], as: UTF8.self) : nil
    }
  }
}
