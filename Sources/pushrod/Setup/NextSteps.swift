import Model

/// What is left to do on this machine after `pushrod init`, as text.
struct NextSteps {
  /// Where everything was written.
  var folder: String
  /// As the packages have it: systemd starts the agent, and hands it the files of secrets/ as credentials.
  var isSystem: Bool
  var configuration: String
  var repository: RepositoryURL

  var text: String {
    guard repository.scheme == .ssh else { return start }
    return """
      \(start)
      Over ssh, the agent needs a deploy key that the forge knows, of the kind ed25519:
      \(commands)
      and under `repositories` in \(configuration):
        "\(repository.url)": \(credential)
      """
  }

  private var start: String {
    isSystem
      ? "Start the agent:  systemctl enable --now pushrod (systemctl restart pushrod where it runs already)"
      : "Start the agent:  pushrod serve --config \(ShellText.word(configuration))"
  }

  private var commands: String {
    let compare = "(compare it with what the host publishes)"
    guard !isSystem else {
      return """
          sudo ssh-keygen -t ed25519 -N '' -f \(folder)/secrets/deploy_key
          ssh-keyscan \(repository.host) | sudo tee \(folder)/known_hosts   \(compare)
        """
    }
    return """
        ssh-keygen -t ed25519 -N '' -f \(ShellText.word(folder + "/deploy_key"))
        ssh-keyscan \(repository.host) > \(ShellText.word(folder + "/known_hosts"))   \(compare)
      """
  }

  private var credential: String {
    isSystem
      ? "{ key: { credential: secret_deploy_key }, known_hosts: \(folder)/known_hosts }"
      : "{ key: { file: deploy_key }, known_hosts: known_hosts }"
  }
}
