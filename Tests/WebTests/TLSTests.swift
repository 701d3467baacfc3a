import Agent
import Dispatch
import Door
import Foundation
import Model
import NIOCore
import TestSupport
import Testing

@testable import Web

@Suite("HTTPS")
struct TLSTests {
  private let folder: TemporaryDirectory

  init() throws { folder = try TemporaryDirectory("tls") }

  /// The two files, whatever they hold at the time.
  private func origin(_ files: TestCertificate) -> CertificateOrigin {
    @Sendable func bytes(_ path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) }
    return CertificateOrigin(
      load: { try LoadedCertificate(certificate: bytes(files.certificate), key: bytes(files.key)) },
      fingerprint: { ((try? bytes(files.certificate)) ?? []).hashValue ^ ((try? bytes(files.key)) ?? []).hashValue })
  }

  /// openssl and curl block; the server under test needs the cooperative pool.
  private func command(_ argv: [String], input: String = "") async throws -> CommandResult {
    try await withCheckedThrowingContinuation { continuation in
      DispatchQueue.global().async {
        continuation.resume(with: Result { try TestSupport.run(argv, input: Array(input.utf8)) })
      }
    }
  }

  private func post(_ port: Int, trusting files: TestCertificate, _ more: [String] = []) async throws -> CommandResult {
    try await command(
      [
        "curl", "-sS", "--max-time", "20", "--cacert", files.certificate, "-w", "\n%{http_code} %{http_version}", "-d",
        "{}",
      ]
        + more + ["https://localhost:\(port)/webhook/a"])
  }

  @Test("a delivery comes over HTTPS, byte for byte, and is answered; HTTP/1.1 is what is agreed on")
  func delivery() async throws {
    let files = try TestCertificate(in: folder)
    let agent = FakeAgent()
    let certificate = try ServerCertificate(origin(files), logger: .silent)
    try await withHookServer(agent, entrance: Entrance(certificate: certificate)) { port in
      let answer = try await post(port, trusting: files, ["--http2"])
      #expect(answer.output == "{}\n200 1.1", "\(answer.errorOutput)")
      #expect(agent.requests.first?.body == Array("{}".utf8))
      #expect(agent.requests.first?.address == "127.0.0.1")
      let twelve = try await post(port, trusting: files, ["--tls-max", "1.2"])
      #expect(twelve.output == "{}\n200 1.1", "\(twelve.errorOutput)")
    }
  }

  @Test("the API speaks HTTPS and nothing else where it has a certificate, with the same answers")
  func api() async throws {
    let files = try TestCertificate(in: folder)
    let certificate = try ServerCertificate(origin(files), logger: .silent)
    let access = FakeAccess(["good": .read])
    try await withTCPServer(FakeAgent(), access, entrance: Entrance(certificate: certificate)) { port in
      func status(_ scheme: String, _ token: String) async throws -> String {
        try await command([
          "curl", "-sS", "--max-time", "20", "--cacert", files.certificate, "-o", "/dev/null", "-w", "%{http_code}",
          "-H", "Authorization: Bearer \(token)", "\(scheme)://localhost:\(port)/api/status",
        ]).output
      }
      let answers = [
        try await status("https", "good"), try await status("https", "bad"), try await status("http", "good"),
      ]
      #expect(answers == ["200", "401", "000"])
    }
  }

  @Test("nothing older than TLS 1.2 is spoken, and nothing that is not TLS")
  func oldVersions() async throws {
    let files = try TestCertificate(in: folder)
    let agent = FakeAgent()
    let certificate = try ServerCertificate(origin(files), logger: .silent)
    try await withHookServer(agent, entrance: Entrance(certificate: certificate)) { port in
      for version in ["-tls1", "-tls1_1"] {
        let result = try await command([
          "openssl", "s_client", "-connect", "127.0.0.1:\(port)", version, "-cipher", "ALL:@SECLEVEL=0",
        ])
        #expect(result.status != 0, "\(version): \(result.output)")
      }
      let plain = try await RawConnection(port: port)
      await plain.send("POST /webhook/a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
      #expect(!(await plain.readToEnd()).contains("HTTP/1.1 200"))
    }
    #expect(agent.requests.isEmpty)
  }

  @Test("a handshake that is never finished is over at the deadline")
  func slowHandshake() async throws {
    let files = try TestCertificate(in: folder)
    let certificate = try ServerCertificate(origin(files), logger: .silent)
    var limits = HookLimits.patient
    limits.headerTimeout = .milliseconds(200)
    let entrance = Entrance(certificate: certificate, deadline: limits.headerTimeout)
    try await withHookServer(FakeAgent(), entrance: entrance, limits: limits) { port in
      // The ends of these connections are the proof.
      for start: [UInt8] in [[], [0x16], [0x16, 0x03, 0x01, 0x02, 0x00, 0x01]] {
        let connection = try await RawConnection(port: port)
        await connection.send(start)
        _ = await connection.readToEnd()
      }
    }
  }

  @Test("a PROXY header comes before TLS")
  func behindProxy() async throws {
    let files = try TestCertificate(in: folder)
    let agent = FakeAgent()
    let certificate = try ServerCertificate(origin(files), logger: .silent)
    let proxies = TrustedProxies([try #require(AddressRange("127.0.0.1"))])
    let entrance = Entrance(certificate: certificate, proxies: proxies, speaksProxyProtocol: true)
    try await withHookServer(agent, entrance: entrance) { port in
      let answer = try await post(port, trusting: files, ["--haproxy-protocol", "-H", "X-Forwarded-For: 192.0.2.7"])
      #expect(answer.output == "{}\n200 1.1", "\(answer.errorOutput)")
      #expect(agent.requests.first?.address == "192.0.2.7")
    }
  }

  @Test("a new certificate counts from the next connection on, and those that are open go on")
  func reload() async throws {
    let old = try TestCertificate(in: folder, name: "old")
    let new = try TestCertificate(in: folder, name: "new")
    let agent = FakeAgent()
    let (began, announce) = AsyncStream.makeStream(of: Void.self)
    let (goOn, letGoOn) = AsyncStream.makeStream(of: Void.self)
    agent.answers { _ in
      announce.yield()
      for await _ in goOn { break }
      return HookAnswer(status: 200, body: "{}")
    }
    let certificate = try ServerCertificate(origin(old), logger: .silent)
    try await withHookServer(agent, entrance: Entrance(certificate: certificate)) { port in
      async let open = post(port, trusting: old)
      for await _ in began { break }
      try certificate.reload(from: origin(new))
      agent.answers { _ in HookAnswer(status: 200, body: "{}") }
      #expect(try await post(port, trusting: new).output == "{}\n200 1.1")
      #expect(try await post(port, trusting: old).status != 0)
      letGoOn.yield()
      #expect(try await open.output == "{}\n200 1.1")
    }
  }

  @Test("changed files are taken up, broken ones are not, and the next change is the next attempt")
  func watching() throws {
    let files = try TestCertificate(in: folder)
    let other = try TestCertificate(in: folder, name: "other")
    let certificate = try ServerCertificate(origin(files), logger: .silent)
    let first = certificate.context
    certificate.reloadIfChanged()
    #expect(certificate.context === first)
    // Half way: the new certificate and the old key.
    try TestSupport.runChecked(["cp", other.certificate, files.certificate])
    certificate.reloadIfChanged()
    #expect(certificate.context === first)
    try TestSupport.runChecked(["cp", other.key, files.key])
    certificate.reloadIfChanged()
    #expect(certificate.context !== first)
  }

  @Test("what is wrong with certificate or key is said")
  func mistakes() throws {
    let files = try TestCertificate(in: folder, days: 30)
    let other = try TestCertificate(in: folder, name: "other")
    let chain = [UInt8](try Data(contentsOf: URL(fileURLWithPath: files.certificate)))
    let key = [UInt8](try Data(contentsOf: URL(fileURLWithPath: files.key)))
    let otherKey = [UInt8](try Data(contentsOf: URL(fileURLWithPath: other.key)))
    func cause(_ chain: [UInt8], _ key: [UInt8], now: Int? = nil) -> String {
      do {
        _ = try LoadedCertificate(certificate: chain, key: key, now: now)
        return "none"
      } catch {
        return "\(error.part): \(error.cause)"
      }
    }
    let now = Int(Date().timeIntervalSince1970)
    #expect(cause(chain, key) == "none")
    #expect(cause([], key) == "certificate: it holds no certificate that can be read")
    #expect(cause(Array("rubbish".utf8), key) == "certificate: it holds no certificate that can be read")
    #expect(cause(key, key) == "certificate: it holds no certificate that can be read")
    #expect(cause(chain, []) == "key: it holds no private key that can be read")
    #expect(cause(chain, chain) == "key: it holds no private key that can be read")
    #expect(cause(chain, otherKey) == "key: the key does not fit the certificate")
    #expect(cause(chain, key, now: now + 31 * 86_400).hasPrefix("certificate: the certificate expired on "))
    #expect(cause(chain, key, now: now - 86_400).hasPrefix("certificate: the certificate is not valid before "))
  }
}
