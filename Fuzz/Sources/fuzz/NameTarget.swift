import Model

extension FuzzTarget {
  /// Addresses, refs and ids, as payloads and files name them.
  static let names = FuzzTarget("name") { bytes in
    let text = String(decoding: bytes, as: UTF8.self)
    if let address = IPAddress(text) {
      require(IPAddress(address.description) == address, "an address changes when it is written")
    }
    if let range = AddressRange(text) {
      require(AddressRange(range.description) == range, "a range changes when it is written")
      require(range.contains(range.prefix), "a range without its first address")
    }
    if let ref = RefName(text) {
      require(
        ref.full.utf8.count <= 1024 && !ref.full.utf8.contains { $0 <= 0x20 || $0 == 0x7f }, "a ref with controls")
      require(
        ref.branch != nil || ref.tag != nil || !ref.full.utf8.starts(with: "refs/heads/".utf8), "a branch that is none")
    }
    if let ref = RefName(userTyped: text) { require(RefName(ref.full) == ref, "a ref that is none") }
    if let commit = CommitID(text) {
      require([40, 64].contains(commit.hex.utf8.count), "a commit id of \(commit.hex.utf8.count) digits")
    }
    if let url = try? RepositoryURL(text) {
      requireOneLine(url.url, atMost: 2048, "a repository's address")
      require((try? RepositoryURL(url.url)) == url, "an address changes when it is read again")
      require(![url.url, url.host].contains { $0.utf8.first == UInt8(ascii: "-") }, "an address that is an option")
      let parts = Array(url.path.utf8).split(separator: UInt8(ascii: "/"))
      require(!parts.contains { $0.elementsEqual("..".utf8) }, "a path upwards")
    }
  }
}
