import Model
import TestSupport
import Testing
import Webhooks

/// With keys and certificates of the test's own, made by openssl(1).
@Suite("PayPal, offline")
struct PayPalTests {
  private let area: TemporaryDirectory
  private let body = Array(#"{"id": "WH-1", "event_type": "PAYMENT.SALE.COMPLETED"}"#.utf8)
  private let time = 2_000_000_000.0

  init() throws {
    area = try TemporaryDirectory("paypal")
    try area.write("ca.ext", "basicConstraints=critical,CA:TRUE\n")
    try area.write("good.ext", "basicConstraints=CA:FALSE\nsubjectAltName=DNS:messages.paypal.com\n")
    try area.write("evil.ext", "basicConstraints=CA:FALSE\nsubjectAltName=DNS:paypal.com.evil.example\n")
    try certificate("ca", subject: "/CN=Test CA", signedBy: nil)
    try certificate("good", subject: "/CN=good", signedBy: "ca")
    try certificate("evil", subject: "/CN=evil", signedBy: "ca")
    // Issued by a certificate that may not issue any.
    try area.write("sub.ext", "basicConstraints=CA:FALSE\nsubjectAltName=DNS:sub.paypal.com\n")
    try certificate("sub", subject: "/CN=sub", signedBy: "good")
    try area.write("alone.ext", "basicConstraints=CA:FALSE\nsubjectAltName=DNS:alone.paypal.com\n")
    try certificate("alone", subject: "/CN=alone", signedBy: nil)
  }

  private func certificate(_ name: String, subject: String, signedBy issuer: String?) throws {
    let file = { (suffix: String) in area.file(name + suffix) }
    _ = try runChecked(
      [
        "openssl", "req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", file(".key"), "-out", file(".csr"),
        "-subj", subject,
      ])
    let signer =
      issuer.map { ["-CA", area.file($0 + ".pem"), "-CAkey", area.file($0 + ".key"), "-CAcreateserial"] }
      ?? ["-signkey", file(".key")]
    _ = try runChecked(
      ["openssl", "x509", "-req", "-in", file(".csr"), "-days", "9000", "-extfile", file(".ext"), "-out", file(".pem")]
        + signer)
  }

  private func request(signer: String, certificates: [String], body: [UInt8]? = nil) throws -> SignedRequest {
    // CRC-32 by Python, as everything that is compared here is made by others.
    let crc = try runChecked(
      ["python3", "-c", "import sys, zlib; print(zlib.crc32(sys.stdin.buffer.read()))"], input: self.body)
    try area.write("text", "t-1|2033-05-18T03:33:20Z|W-1|\(crc.split(separator: "\n")[0])")
    let signature = try runChecked(
      ["sh", "-c", "openssl dgst -sha256 -sign '\(area.file(signer)).key' '\(area.file("text"))' | base64 -w0"])
    return SignedRequest(
      headers: [
        "PAYPAL-TRANSMISSION-ID": "t-1", "PAYPAL-TRANSMISSION-TIME": "2033-05-18T03:33:20Z",
        "PAYPAL-TRANSMISSION-SIG": signature, "PAYPAL-AUTH-ALGO": "SHA256withRSA",
        "PAYPAL-CERT-URL": "https://api.paypal.com/v1/notifications/certs/CERT-1",
      ], body: body ?? self.body, now: time,
      options: SenderOptions(
        webhookID: "W-1", verification: .offline, certificates: try certificates.map { try area.read($0 + ".pem") }))
  }

  @Test("a chain that holds is accepted, in any order of the issuers, or with the signer's certificate pinned alone")
  func chain() throws {
    #expect(PayPal().check(try request(signer: "good", certificates: ["good", "ca"]), secrets: []) == .valid)
    #expect(PayPal().check(try request(signer: "good", certificates: ["good"]), secrets: []) == .valid)
  }

  @Test(
    "another host, another chain, an issuer that may issue none, and a certificate signed by itself are refused",
    arguments: [
      ["evil", "ca"], ["evil"], ["sub", "good"], ["good", "alone"], ["alone"], [], ["ca", "good"],
    ])
  func refused(certificates: [String]) throws {
    let signer = certificates.first ?? "good"
    #expect(PayPal().check(try request(signer: signer, certificates: certificates), secrets: []) != .valid)
  }

  @Test("before and after the certificate's time, without the webhook's id, and over another body nothing holds")
  func inputs() throws {
    let good = try request(signer: "good", certificates: ["good", "ca"])
    for now in [0, 4_000_000_000.0] {
      var other = good
      other.now = now
      #expect(PayPal().check(other, secrets: []) != .valid)
    }
    var other = good
    other.options.webhookID = nil
    #expect(PayPal().check(other, secrets: []) != .valid)
    other.options.webhookID = "W-2"
    #expect(PayPal().check(other, secrets: []) != .valid)
    other = good
    other.body.append(0x20)
    #expect(PayPal().check(other, secrets: []) != .valid)
  }

  @Test(
    "the address of the certificate has to be PayPal's own",
    arguments: [
      "http://api.paypal.com/x", "https://api.paypal.com.evil.example/x", "https://api.paypal.com@127.0.0.1/x",
      "https://evil.example/.paypal.com", "https://evil.example\\.paypal.com", "https://evil.example?.paypal.com",
      "https://evil.example#.paypal.com/", "https://notpaypal.com/x", "https://paypal.com:8443.paypal.com/x", "",
    ])
  func address(url: String) throws {
    let good = try request(signer: "good", certificates: ["good", "ca"])
    var other = good
    other.headers = Headers(good.headers.fields.filter { $0.name != "paypal-cert-url" })
    other.headers.append("PAYPAL-CERT-URL", url)
    #expect(PayPal().check(other, secrets: []) != .valid)
  }
}
