enum AgentConfigurationPlaceholder {}
