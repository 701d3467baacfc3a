/// One entry of `.gitmodules` (gitmodules(5)).
struct Submodule {
  let name: String
  let path: [UInt8]
  /// As written: an address, or a path relative to the address of the repository above.
  let url: String

  /// - Throws: `.hostileTree` for a file that Git would not read, either.
  static func list(_ bytes: [UInt8]) throws(GitFailure) -> [Submodule] {
    func refuse(_ why: String) -> GitFailure {
      GitFailure(.hostileTree, operation: "check out", "The commit's .gitmodules \(why) Nothing was written.")
    }
    guard bytes.count <= 1 << 20 else { throw refuse("is larger than 1 MiB.") }
    guard let config = ConfigText(bytes) else {
      throw refuse("cannot be read: its syntax is not that of a Git configuration.")
    }
    var paths: [[UInt8]: [UInt8]] = [:]
    var urls: [[UInt8]: [UInt8]] = [:]
    var names: [[UInt8]] = []
    for value in config.values where value.section == "submodule" {
      guard let name = value.subsection else { continue }
      if paths[name] == nil, urls[name] == nil { names.append(name) }
      switch value.key {
      case "path": paths[name] = value.value
      case "url": urls[name] = value.value
      default: continue
      }
    }
    var list: [Submodule] = []
    for name in names {
      guard let path = paths[name], let url = urls[name] else { continue }
      guard let text = String(validating: name, as: UTF8.self), !text.utf8.contains(where: { $0 < 0x20 }) else {
        throw refuse("names a submodule \"\(Escaped(name))\", which holds bytes that a name may not have.")
      }
      var clean = path
      while clean.last == UInt8(ascii: "/") { clean.removeLast() }
      list.append(Submodule(name: text, path: clean, url: String(decoding: url, as: UTF8.self)))
    }
    return list
  }

  /// The address to fetch from, as git-submodule(1) resolves relative ones: `../x` beside the repository above.
  func address(relativeTo parent: String) throws(GitFailure) -> String {
    guard url.hasPrefix("./") || url.hasPrefix("../") else { return url }
    var base = Substring(parent)
    while base.hasSuffix("/") { base.removeLast() }
    var rest = Substring(url)
    while true {
      if rest.hasPrefix("./") {
        rest = rest.dropFirst(2)
      } else if rest.hasPrefix("../") {
        rest = rest.dropFirst(3)
        guard let cut = base.lastIndex(where: { $0 == "/" || $0 == ":" }), !base[cut...].isEmpty,
          !base[..<cut].hasSuffix(":/"), !base[..<cut].hasSuffix(":") || base[cut] != "/"
        else {
          throw GitFailure(
            .forbidden, operation: "check out",
            """
            The address \"\(Escaped(url))\" of submodule \"\(Escaped(name))\" leads out of \
            \(Escaped(RemoteAddress.redacted(parent))).
            """
          )
        }
        // `git@host:x` loses `x` and keeps its colon.
        base = base[cut] == ":" ? base[...cut] : base[..<cut]
      } else {
        break
      }
    }
    while rest.hasSuffix("/") { rest = rest.dropLast() }
    return base.hasSuffix(":") ? "\(base)\(rest)" : "\(base)/\(rest)"
  }
}
