import AgentConfiguration
import Door
import FoundationEssentials
import Outgoing
import Web

/// Whether what stands between the world and the agent is in order: the certificate, and the addresses of GitHub.
struct DoorCheck {
  let configuration: Configuration

  func findings() -> [Finding] { [certificate, addresses].compactMap { $0 } }

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
}
