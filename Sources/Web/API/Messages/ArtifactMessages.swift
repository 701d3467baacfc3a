public import RunDirectory

/// `GET /api/runs/{n}/artifacts`: by path.
public struct ArtifactList: Codable, Sendable {
  public var artifacts: [ArtifactFolder.Artifact]

  public init(artifacts: [ArtifactFolder.Artifact]) { self.artifacts = artifacts }
}
