public import AsyncHTTPClient
public import Door
import FoundationEssentials
public import Logging
import Model
import NIOCore
import NIOHTTP1
import NIOPosix
public import ServiceLifecycle

/// Keeps the addresses of GitHub's webhooks up to date, while a source asks for them.
///
/// A list that was good once stays in force until there is a newer one: an answer that makes no sense, or none, changes
/// nothing.
public struct GitHubRanges: Service {
  /// Where GitHub answers.
  public static let usualAPI = "https://api.github.com"

  private static let interval = 86_400.0

  private let client: HTTPClient
  private let ranges: PublishedRanges
  private let file: GitHubRangesFile
  private let api: String
  private let isWanted: @Sendable () -> Bool
  private let pause: Duration
  private let retries: ClosedRange<Double>
  private let logger: Logger

  /// - Parameters:
  ///   - client: outlives the service.
  ///   - ranges: gets the list, now from the file and later from GitHub.
  ///   - api: address of GitHub's API, without a slash at its end.
  ///   - isWanted: whether a source asks for them now; nothing is fetched where none does.
  ///   - pause: between two looks whether something is to be done.
  ///   - retries: seconds from a failure to the next attempt, twice as many each time; more where GitHub wants it so.
  public init(
    client: HTTPClient, ranges: PublishedRanges, file: GitHubRangesFile, api: String = usualAPI,
    isWanted: @escaping @Sendable () -> Bool,
    pause: Duration = .seconds(5), retries: ClosedRange<Double> = 60...3600, logger: Logger
  ) {
    self.client = client
    self.ranges = ranges
    self.file = file
    self.api = api
    self.isWanted = isWanted
    self.pause = pause
    self.retries = retries
    self.logger = logger
    ranges.current = file.read()?.ranges
  }

  public func run() async throws {
    await cancelWhenGracefulShutdown { await keepUpToDate() }
  }

  private func keepUpToDate() async {
    // How old the file is only the wall clock can say; an age that makes no sense is none.
    let age = file.read().map { Date().timeIntervalSince($0.fetchedAt) } ?? .infinity
    var due = ContinuousClock.now + .seconds((0..<GitHubRanges.interval).contains(age) ? interval() - age : 0)
    var wait = retries.lowerBound
    while !Task.isCancelled {
      if isWanted(), .now >= due {
        let (isDone, rest) = await refresh()
        if isDone {
          due = .now + .seconds(interval())
          wait = retries.lowerBound
        } else {
          due = .now + max(.seconds(wait * Double.random(in: 0.9...1.1)), rest)
          wait = min(wait * 2, retries.upperBound)
        }
      }
      try? await Task.sleep(for: pause)
    }
  }

  /// About a day later; not all agents of the world at the same minute.
  private func interval() -> Double { GitHubRanges.interval * Double.random(in: 0.9...1.1) }

  /// - Returns: how long GitHub wants to be left alone, where it says so.
  private func refresh() async -> (isDone: Bool, rest: Duration) {
    do {
      let found = try GitHubMeta.hooks(try await answer())
      ranges.current = found
      try await NIOThreadPool.singleton.runIfActive { [file] in
        try file.write(GitHubRangesFile.Contents(fetchedAt: Date(), ranges: found))
      }
      logger.info(
        "GitHub's addresses are up to date", metadata: ["event": "github_addresses", "ranges": "\(found.count)"])
      return (true, .zero)
    } catch {
      let known =
        ranges.current == nil ? "none are known, and `allow: [github]` lets nobody in" : "the last list counts"
      logger.warning(
        "GitHub's addresses could not be fetched; \(known)",
        metadata: ["event": "github_addresses_failed", "api": "\(api)", "error": "\(error)"])
      return (false, (error as? GitHubRefusal)?.rest ?? .zero)
    }
  }

  private func answer() async throws -> [UInt8] {
    var request = HTTPClientRequest(url: api + "/meta")
    request.headers.add(name: "User-Agent", value: "pushrod/\(PushrodVersion.current)")
    request.headers.add(name: "Accept", value: "application/vnd.github+json")
    let response = try await client.execute(request, timeout: .seconds(30))
    let body = Array(buffer: try await response.body.collect(upTo: GitHubMeta.longest))
    guard response.status == .ok else {
      throw GitHubRefusal(status: response.status.code, headers: response.headers, body: body)
    }
    return body
  }
}
