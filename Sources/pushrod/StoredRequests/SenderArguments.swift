public import ArgumentParser
import Model
public import Webhooks

/// The options of commands that check a signature, for senders that must be told more than the secret.
struct SenderArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp("generic-hmac, generic-bearer: the header with the signature or token.", valueName: "name"))
  var signatureHeader: String?

  @Option(help: ArgumentHelp("generic-hmac: sha256 or sha512.", valueName: "name"))
  var algorithm = SenderOptions.Algorithm.sha256

  @Option(help: ArgumentHelp("generic-hmac: hex or base64; either where not given.", valueName: "name"))
  var encoding: SenderOptions.Encoding?

  @Option(
    help: ArgumentHelp(
      "twilio: a decoded parameter, instead of those in the body; again for each.", valueName: "name=value"))
  var param: [String] = []

  @Option(name: .customLong("webhook-id"), help: ArgumentHelp("paypal: PayPal's id of the webhook.", valueName: "id"))
  var webhookID: String?

  @Option(
    help: ArgumentHelp(
      "paypal: a PEM file with the signer's certificate, then its issuers'; again for each file. The last is trusted.",
      valueName: "file"))
  var certificate: [String] = []

  func validate() throws {
    if let wrong = param.first(where: { !$0.contains("=") }) {
      throw ValidationError("--param \(wrong.withoutControls) is not NAME=VALUE")
    }
  }

  func read() throws(CommandExit) -> SenderOptions {
    var certificates: [String] = []
    for file in certificate {
      let bytes = try InputFile.read(file, purpose: "certificate", limit: 1 << 20)
      certificates.append(String(decoding: bytes, as: UTF8.self))
    }
    let parameters = param.map { text in
      let equals = text.firstIndex(of: "=") ?? text.endIndex
      return SenderOptions.Parameter(name: String(text[..<equals]), value: String(text[equals...].dropFirst()))
    }
    return SenderOptions(
      signatureHeader: signatureHeader, algorithm: algorithm, encoding: encoding,
      parameters: parameters.isEmpty ? nil : parameters, webhookID: webhookID, verification: .offline,
      certificates: certificates)
  }
}

extension SenderOptions.Algorithm: ExpressibleByArgument {}
extension SenderOptions.Encoding: ExpressibleByArgument {}
