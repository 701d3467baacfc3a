import Door
import Model
import Pipelines
import TestSupport
import Testing

@testable import AgentConfiguration

private let source = "sources: {github: {sender: github, secrets: [{file: github.secret}], "

@Suite("What the configuration says about who may come in")
struct DoorConfigurationTests {
  private let fixture: ConfigurationFixture

  init() throws { fixture = try ConfigurationFixture() }

  @Test("everything that can be said is read")
  func everything() throws {
    let read = try fixture.load(
      """
      listen: 0.0.0.0:443
      tls: {certificate: cert.pem, key: /etc/key.pem}
      trusted_proxies: [127.0.0.1, "fd00::/8"]
      proxy_protocol: true
      limits: {connections: 10, connections_per_address: 5, rate_per_address: 30/m, body_memory: 30M}
      sources:
        github: {sender: github, secrets: [{file: github.secret}], allow: [github, 192.0.2.0/24], rate: 60/m}
        other: {sender: github, secrets: [{file: github.secret}], allow: github}
      """)
    let folder = fixture.folder.path
    #expect(read.tls == TLSFiles(certificate: "\(folder)/cert.pem", key: "/etc/key.pem"))
    #expect(read.trustedProxies.map(\.description) == ["127.0.0.1", "fd00::/8"])
    #expect(read.speaksProxyProtocol)
    #expect(read.limits.connections == 10 && read.limits.connectionsPerAddress == 5)
    #expect(read.limits.ratePerAddress == Rate("30/m") && read.limits.bodyMemory == 30 << 20)
    let github = try #require(read.sources.first)
    #expect(github.allow == AllowList(ranges: [try #require(AddressRange("192.0.2.0/24"))], includesGitHub: true))
    #expect(github.rate == Rate("60/m"))
    #expect(read.sources.last?.allow == AllowList(ranges: [], includesGitHub: true))
  }

  @Test("where nothing is said the door has its defaults")
  func defaults() throws {
    let read = try fixture.load("\(source)}}\n")
    #expect(read.tls == nil && read.trustedProxies.isEmpty && !read.speaksProxyProtocol)
    #expect(read.sources.first?.allow == nil && read.sources.first?.rate == nil)
    #expect(read.limits == Configuration.Limits())
  }

  @Test("plain HTTP where others reach it is a mistake with three ways out, and each of them works")
  func plainHTTP() throws {
    for listen in [":8700", "0.0.0.0:8700", "192.0.2.7:8700", "\"[::]:8700\"", "deploy.example.org:8700"] {
      let found = fixture.mistakes("listen: \(listen)\n")
      #expect(found.count == 1 && found[0].contains("would travel unencrypted"), "\(found)")
      for way in ["`tls`", "127.0.0.1", "`insecure_http: true`"] { #expect(found[0].contains(way)) }
      #expect(throws: Never.self) { try fixture.load("listen: \(listen)\ninsecure_http: true\n") }
      #expect(throws: Never.self) { try fixture.load("listen: \(listen)\ntls: {certificate: c, key: k}\n") }
    }
    for listen in ["127.0.0.1:0", "127.1.2.3:80", "\"[::1]:80\"", "localhost:80"] {
      #expect(throws: Never.self) { try fixture.load("listen: \(listen)\n") }
    }
    let flag = fixture.diagnostics("sources: {}\n", overrides: Overrides(listen: ":80"))
    #expect(flag.map(\.file) == ["--listen"])
  }

  @Test(
    "mistakes are told with their places",
    arguments: [
      ("tls: true", "1:6 `tls` must be a mapping with `certificate` and `key`, not `true`"),
      ("tls: {certificate: a}", "1:6 `tls` has no `key`: the file with its private key, in PEM"),
      ("tls: {cert: a, key: b}", "1:7 unknown key `cert` in `tls`"),
      ("proxy_protocol: true", "1:17 `proxy_protocol` needs `trusted_proxies`"),
      ("proxy_protocol: yes", "1:17 `proxy_protocol` must be true or false, not `yes` | write true"),
      ("insecure_http: 1", "1:16 `insecure_http` must be true or false"),
      ("trusted_proxies: [proxy.example.org]", "1:19 `trusted_proxies[1]` must be an address or a range of addresses"),
      (
        "trusted_proxies: [10.0.0.1/8]",
        "| the range around it is 10.0.0.0/8; the address alone is 10.0.0.1"
      ),
      ("limits: {rate_per_address: 60}", "1:28 `limits.rate_per_address` must be a rate such as 60/m, not `60`"),
      ("limits: {connections: 0}", "1:23 `limits.connections` must be a whole number from 1 to 100000"),
      ("limits: {body_memory: 1M}", "1:23 `limits.body_memory` must hold at least one body"),
      (source + "rate: 60/min}}", "`sources.github.rate` must be a rate such as 60/m, not `60/min` | write a number"),
      (source + "allow: []}}", "`sources.github.allow` lists no address, so nobody could post"),
      (
        source + "allow: [githb]}}", "`sources.github.allow[1]` must be an address or a range of addresses, not `githb`"
      ),
      (source + "allow: [300.1.1.1]}}", "| write it as 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32"),
    ])
  func mistakes(text: String, expected: String) {
    let found = fixture.mistakes(text + "\n")
    #expect(found.contains { $0.contains(expected) }, "\(found)")
  }

  @Test("files that cannot be had, and a key that everybody can have, are named")
  func files() throws {
    let folder = fixture.folder
    func mistake(_ files: TLSFiles) -> String {
      do {
        _ = try files.read()
        return "none"
      } catch {
        return error.all[0].oneLine.replacing(folder.path, with: "DIR")
      }
    }
    let certificate = try folder.write("cert.pem", "c")
    let key = try folder.write("key.pem", "k", mode: 0o640)
    let open = try folder.write("open.pem", "k", mode: 0o604)
    #expect(mistake(TLSFiles(certificate: certificate, key: key)) == "none")
    #expect(
      mistake(TLSFiles(certificate: folder.file("no"), key: key)).hasPrefix("DIR/no: the file does not exist; see"))
    #expect(
      mistake(TLSFiles(certificate: certificate, key: folder.path)).hasPrefix("DIR: the file is not a regular file"))
    #expect(
      mistake(TLSFiles(certificate: certificate, key: open))
        == "DIR/open.pem: everybody on this machine may read or change this private key; chmod o= DIR/open.pem")
  }
}
