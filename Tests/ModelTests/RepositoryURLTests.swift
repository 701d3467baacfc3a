import Model
import Testing

@Suite("Repository addresses")
struct RepositoryURLTests {
  @Test(
    "every spelling of one repository has one identity",
    arguments: [
      "https://github.com/acme/shop.git", "https://github.com/acme/shop", "https://github.com/acme/shop/",
      "https://GitHub.com/Acme/Shop.git", "https://github.com:443/acme/shop.git",
      "ssh://git@github.com/acme/shop.git", "ssh://git@github.com:22/acme/shop.git",
      "git@github.com:acme/shop.git", "git@github.com:/acme/shop", "git://github.com/acme/shop.git",
    ])
  func identity(address: String) throws {
    #expect(try RepositoryURL(address).identity == "github.com/acme/shop")
  }

  @Test("a path keeps its case on a host whose names are case-sensitive")
  func caseSensitiveHost() throws {
    let upper = try RepositoryURL("https://git.example.org/Acme/Shop")
    let lower = try RepositoryURL("https://git.example.org/acme/shop")
    #expect(upper.identity != lower.identity)
  }

  @Test("another port is another repository, except over ssh, where forges move the port only")
  func ports() throws {
    let plain = try RepositoryURL("https://git.example.org/a/b")
    #expect(try RepositoryURL("https://git.example.org:8443/a/b").identity != plain.identity)
    #expect(try RepositoryURL("ssh://git@git.example.org:2222/a/b").identity == plain.identity)
  }

  @Test("a file address keeps its absolute path")
  func file() throws {
    let url = try RepositoryURL("file:///srv/git/shop.git")
    #expect(url.identity == "file:/srv/git/shop")
    #expect(url.name == "git/shop")
  }

  @Test(
    "what is not an address is refused in words",
    arguments: [
      "", "shop", "/srv/git/shop", "../shop", "ftp://host/a/b", "ext::sh -c id", "https://host",
      "https://host/", "https:///a/b", "https://user:pw@host/a", "file://relative/path", "-upload-pack=x",
      "https://host/a/../b", "https://host:99999/a", "git@-oProxyCommand=x:a/b", "https://ho st/a",
      "https://host/a\u{0}b", "https://host/a\nb", "https://host/a\u{9b}b", "-\u{301}host:a/b",
      "https://host/a/..\u{2f}\u{301}b", "https://me:\u{301}hunter2@host/a",
    ])
  func malformed(address: String) {
    #expect(throws: RepositoryURL.Malformed.self) { try RepositoryURL(address) }
  }

  @Test("a password in an address is refused, and the error does not repeat it")
  func passwordInAddress() {
    let error = #expect(throws: RepositoryURL.Malformed.self) {
      try RepositoryURL("https://me:hunter2@host/a/b")
    }
    #expect(error?.description.contains("hunter2") == false)
  }
}
