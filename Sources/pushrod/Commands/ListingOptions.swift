import ArgumentParser

/// What every listing of numbered things takes.
struct ListingOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Only what is older than this number.", valueName: "number"))
  var before: Int?

  @Option(help: "At most this many.")
  var limit = 20

  @Flag(help: "Print the agent's JSON.")
  var json = false

  /// For the API's query.
  var parameters: [(String, String?)] { [("before", before.map(String.init)), ("limit", String(limit))] }
}
