extension Configuration {
  /// Absolute paths of what is the agent's own and nobody else's: what steps in a sandbox do not see.
  public var ownPaths: [String] {
    let slash = file.lastIndex(of: "/") ?? file.startIndex
    let folder = String(file[..<slash])
    // A folder that it shares with the system's own settings is not the agent's.
    let settings = ["", "/etc", "/usr/local/etc", "/root", "/home"].contains(folder) ? file : folder
    return [settings, data, runnerData, socket, pipelinesFolder] + secretFiles + (tls.map { [$0.key] } ?? [])
  }
}
