import Model
import Pipelines

/// Reads `api`: where people and programs reach the agent over TCP.
struct APIReading {
  /// Where senders reach the agent; the two cannot share a port.
  let hookAddress: ListenAddress
  /// `tls` is there, or `insecure_http: true`.
  let mayBePublic: Bool

  func api(_ value: Value) -> APIConfiguration? {
    guard
      let fields = value.fields(
        ["listen", "hosts"], expected: "a mapping with `listen`, such as {listen: 127.0.0.1:8701}")
    else { return nil }
    let hosts = fields["hosts"].map { $0.oneOrMany(atMost: 50) ?? [] } ?? []
    let names = hosts.compactMap(name)
    guard let place = fields["listen"] else {
      value.report("`api` has no `listen`: where to be reached", suggestion: "add `listen: 127.0.0.1:8701`")
      return nil
    }
    guard let text = place.string("an address and a port") else { return nil }
    guard let listen = ListenAddress(text) else {
      place.mismatch("an address and a port", suggestion: "write it as 127.0.0.1:8701 or [::1]:8701")
      return nil
    }
    guard listen.port == 0 || listen != hookAddress else {
      place.report(
        "the API cannot share `listen` with the webhooks, which anybody may reach",
        suggestion: "take another port, such as \(ListenAddress(host: listen.host, port: 8701))")
      return nil
    }
    guard listen.isLoopback || mayBePublic else {
      place.report(
        "`api.listen` is reachable from other machines, and tokens would cross the network unencrypted",
        suggestion: "set `tls` to a certificate and key, or listen on 127.0.0.1 behind a proxy that has them")
      return nil
    }
    return APIConfiguration(listen: listen, hosts: names)
  }

  private func name(_ value: Value) -> String? {
    let expected = "a host name or an address, without scheme and port"
    guard let text = value.string(expected) else { return nil }
    let isAddress = IPAddress(text) != nil
    let isName =
      (1...253).contains(text.utf8.count)
      && text.utf8.allSatisfy {
        (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0)
          || ".-_".utf8.contains($0)
      }
    guard isAddress || isName else {
      value.mismatch(expected, suggestion: "write it as deploy.example.org")
      return nil
    }
    return text.lowercased()
  }
}
