public import Model

/// What `pushrod-runner probe` reads on its standard input: one JSON line.
public struct ProbeRequest: Codable, Sendable {
  public struct Remote: Codable, Sendable {
    public var url: String
    public var credentials: [RepositoryCredential]
    public var allowedSchemes: [RepositoryURL.Scheme]

    public init(url: String, credentials: [RepositoryCredential], allowedSchemes: [RepositoryURL.Scheme]) {
      self.url = url
      self.credentials = credentials
      self.allowedSchemes = allowedSchemes
    }
  }

  public var remotes: [Remote]
  /// For all remotes together.
  public var timeout: Seconds
  /// Of each of them, whose `attempts` do not count: a remote is asked once. `nil`: the usual ones.
  public var limits: FetchLimits?

  public init(remotes: [Remote], timeout: Seconds, limits: FetchLimits? = nil) {
    self.remotes = remotes
    self.timeout = timeout
    self.limits = limits
  }
}

/// What `pushrod-runner probe` prints on its standard output: one JSON object.
public struct ProbeAnswer: Codable, Sendable {
  /// Version of the libgit2 that the runner uses.
  public var libgit2: String
  /// In the order of the request.
  public var remotes: [Remote]

  public init(libgit2: String, remotes: [Remote]) {
    self.libgit2 = libgit2
    self.remotes = remotes
  }

  public struct Remote: Codable, Sendable {
    public var url: String
    public var tips: [Tip]?
    /// A sentence, where the remote could not be asked.
    public var error: String?

    public init(url: String, tips: [Tip]?, error: String?) {
      self.url = url
      self.tips = tips
      self.error = error
    }
  }

  public struct Tip: Codable, Hashable, Sendable {
    /// `refs/heads/main`, `refs/tags/v1`, `HEAD`.
    public var name: String
    public var id: String
    /// The commit behind an annotated tag.
    public var peeled: String?

    public init(name: String, id: String, peeled: String?) {
      self.name = name
      self.id = id
      self.peeled = peeled
    }
  }
}
