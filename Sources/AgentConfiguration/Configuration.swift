public import Door
public import Model
public import Webhooks

/// What an administrator decided, read and checked: every secret is there, every path absolute.
public struct Configuration: Sendable {
  /// The file it was read from, absolute.
  public var file: String
  public var listen: ListenAddress
  /// The API over TCP; `nil` where it is on the Unix socket alone.
  public var api: APIConfiguration?
  /// The listener speaks HTTPS; `nil`: plain HTTP.
  public var tls: TLSFiles?
  /// Listening where others reach it is allowed: with `tls`, or by `insecure_http`.
  public var plainMayBePublic: Bool
  /// Only these may say whose request they pass on.
  public var trustedProxies: [AddressRange]
  /// Trusted proxies begin each connection with a PROXY header.
  public var speaksProxyProtocol: Bool
  /// Absolute path of the agent's own folder (its database).
  public var data: String
  /// Absolute path of the folder that runner and agent share: `runs/`, `workspaces/`, `mirrors/`, `logs/`.
  public var runnerData: String
  /// Absolute path of the Unix socket for the local command line.
  public var socket: String
  /// Absolute path of the folder with the pipeline files.
  public var pipelinesFolder: String
  /// The agent's address for people, without a slash at its end.
  public var publicURL: String?
  /// Ordered by name.
  public var sources: [SourceConfiguration]
  /// In the order of the file. Of those that match an address, the one with the longest pattern counts.
  public var credentials: [RepositoryCredential]
  public var allowedSchemes: [RepositoryURL.Scheme]
  /// What pipelines may ask for in their `secrets`.
  public var secrets: [String: Secret]
  /// The names of `secrets`, also of those that were not read.
  public var secretNames: Set<String>
  /// `false` where `SecretUse.whereReadable` could not look into the folder of secrets.
  public var knowsAllSecretNames: Bool
  /// The names of `sources`.
  public var sourceNames: Set<String> { Set(sources.map(\.name)) }
  /// What `SecretUse.whereReadable` left out: `credential secret_github`, …; empty for an agent.
  public var unreadSecrets: [String]
  /// The patterns of the `repositories` that are not in `credentials` for that reason.
  public var unreadRepositories: [String]
  /// Absolute paths of the files that secrets come from.
  public var secretFiles: [String]
  public var parallelRuns: Int
  public var launcher: Launcher
  public var limits: Limits
  /// How long deliveries are kept.
  public var inbox: InboxRetention
  /// How often the tips of repositories are compared for pipelines that do not poll; `nil`: never.
  public var compareTips: Seconds?
  /// When mirrors are repacked.
  public var mirrors: MirrorCare
  /// Bytes of all caches of steps together.
  public var cacheSize: Int
  /// How long runs are kept.
  public var runRetention: RunRetention
  public var log: LogConfiguration

  /// What becomes of secrets that this process cannot get: a file that its user may not read, a variable that is not
  /// set, a credential of systemd outside the agent's unit.
  public enum SecretUse: Sendable, Hashable {
    /// They are mistakes: an agent needs every one.
    case required
    /// They are left out and listed in `unreadSecrets`, for an administrator's shell that checks an agent's file.
    /// Files that are missing, empty or open to everybody stay mistakes.
    case whereReadable
  }

  /// How runners are started.
  public enum Launcher: Sendable, Hashable {
    /// As a child of the agent.
    case spawn
    /// Through a listening Unix socket (absolute path): systemd starts one runner for each connection.
    case socket(String)
  }

  /// Bounds on what comes from outside.
  public struct Limits: Sendable, Hashable {
    /// Bytes of a delivery's body.
    public var body: Int = 25 << 20
    /// For the header of a request.
    public var headerTimeout: Seconds = 10
    /// For the whole body of a request.
    public var bodyTimeout: Seconds = 30
    /// Connections at once.
    public var connections: Int = 1024
    /// Of these, for one address; `nil`: the door's default.
    public var connectionsPerAddress: Int?
    /// Requests of one address; `nil`: the door's default.
    public var ratePerAddress: Rate?
    /// Bytes of all bodies that are being received or answered; `nil`: four times `body`.
    public var bodyMemory: Int?
    /// For fetch and checkout together.
    public var fetchTimeout: Seconds = 600
    /// On the remote, within that time.
    public var fetch = FetchLimits()
    /// Of a commit.
    public var tree = RunSpec.TreeLimits()
    /// When a disk has too little room.
    public var disk = DiskMarks()

    public init() {}
  }

  /// Where the packages install the configuration.
  public static let systemFile = "/etc/pushrod/pushrod.yml"
  static let systemData = "/var/lib/pushrod"
  static let systemSocket = "/run/pushrod/pushrod.sock"
}

/// A configured endpoint, `/webhook/<name>`.
public struct SourceConfiguration: Sendable {
  public var name: String
  public var sender: any Sender
  /// Any of them may have signed; empty only where the sender needs none, or where they could not be read.
  public var secrets: [Secret]
  public var options: SenderOptions
  /// How far a signed time may lie from now, both ways; `nil`: the sender's own rule.
  public var tolerance: Seconds?
  /// The event stream of a relay that this source's deliveries also come from.
  public var relay: WebAddress?
  /// The webhook at GitHub whose deliveries are also fetched over a WebSocket.
  public var forwarding: Forwarding?
  /// The webhook at GitHub whose failed deliveries are asked for again.
  public var redelivery: Redelivery?
  /// From where it may be posted to; `nil`: from everywhere.
  public var allow: AllowList?
  /// `nil`: the door's default.
  public var rate: Rate?

  public init(
    name: String, sender: any Sender, secrets: [Secret], options: SenderOptions = SenderOptions(),
    tolerance: Seconds? = nil, relay: WebAddress? = nil, forwarding: Forwarding? = nil
  ) {
    self.name = name
    self.sender = sender
    self.secrets = secrets
    self.options = options
    self.tolerance = tolerance
    self.relay = relay
    self.forwarding = forwarding
  }

  /// What the administrator should know of these settings; `nil` for nothing.
  public var warning: String? { sender.warning(options).map { "source `\(name)`: \($0)" } }
}
