import AgentConfiguration
import Door
import FoundationEssentials
import Model
import Outgoing
import Web

/// Whether what stands between the world and the agent is in order: the certificate, the addresses of GitHub, and whose
/// word about a client's address counts.
struct DoorCheck {
  let configuration: Configuration

  func findings() -> [Finding] { [certificate, addresses, openProxies, unnamedProxy].compactMap { $0 } }

  /// Renewal by ACME is due at a third of ninety days; who sees this has time left, and something to put right.
  private static let warning = 14 * 86_400.0

  private var certificate: Finding? {
    guard let files = configuration.tls else { return nil }
    do {
      let loaded = try CertificateOrigin(files).load()
      let expires = Date(timeIntervalSince1970: Double(loaded.expires))
      let days = Int(expires.timeIntervalSinceNow / 86_400)
      let words = "\(files.certificate) is valid for \(days) more \(days == 1 ? "day" : "days")."
      return expires.timeIntervalSinceNow < DoorCheck.warning
        ? .warn("certificate", words, "Renew it; the agent takes the new files by itself.")
        : .ok("certificate", words)
    } catch {
      return .fail("certificate", "\(error)", "See `tls` in \(configuration.file).")
    }
  }

  private var addresses: Finding? {
    let asking = configuration.sources.filter { $0.allow?.includesGitHub ?? false }.map(\.name)
    guard !asking.isEmpty else { return nil }
    let names = asking.joined(separator: ", ")
    guard let contents = GitHubRangesFile(folder: configuration.data).read() else {
      return .fail(
        "github addresses",
        "GitHub's addresses have never been fetched, so deliveries to \(names) are answered with 503.",
        "The agent's log says why (event=github_addresses_failed); it must reach \(GitHubRanges.usualAPI).")
    }
    let days = Int(-contents.fetchedAt.timeIntervalSinceNow / 86_400)
    let words =
      "\(Wording.count(contents.ranges.count, "range")), fetched \(Wording.count(days, "day")) ago, for \(names)."
    return days > 7
      ? .warn("github addresses", words, "The agent's log says why there is no newer list.")
      : .ok("github addresses", words)
  }

  private var openProxies: Finding? {
    let open = configuration.trustedProxies.filter { $0.length == 0 }.map(\.description)
    guard !open.isEmpty else { return nil }
    return .warn(
      "proxies",
      "`trusted_proxies` has \(open.joined(separator: " and ")): anybody can say to be any address, and so get past `allow` "
        + "and the rates.",
      "Name the addresses of your own proxies, and no others.")
  }

  /// Behind a proxy of this machine that is not named, every client is this machine.
  private var unnamedProxy: Finding? {
    guard configuration.listen.isLoopback, configuration.trustedProxies.isEmpty else { return nil }
    let own = IPAddress(configuration.listen.host) ?? IPAddress("127.0.0.1")
    let closed = configuration.sources.filter { source in
      source.allow.map { $0.answer(for: own, github: nil) != .allowed } ?? false
    }
    guard !closed.isEmpty else { return nil }
    return .warn(
      "proxies",
      "What a proxy passes on to \(configuration.listen) comes from this machine, which `allow` of "
        + "\(closed.map(\.name).joined(separator: ", ")) does not have: every delivery is refused.",
      "Name the proxy in `trusted_proxies`, and have it set X-Forwarded-For.")
  }
}
