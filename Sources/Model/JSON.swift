public import FoundationEssentials

/// The one JSON dialect of run directories, the API and `--json`: snake case, times as RFC 3339 in UTC with
/// milliseconds, keys sorted, slashes not escaped.
public enum JSON {
  public static func encoder(pretty: Bool = false) -> JSONEncoder {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting =
      pretty ? [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes] : [.sortedKeys, .withoutEscapingSlashes]
    encoder.dateEncodingStrategy = .custom { date, encoder in
      var container = encoder.singleValueContainer()
      try container.encode(JSON.text(of: date))
    }
    return encoder
  }

  public static func decoder() -> JSONDecoder {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    decoder.dateDecodingStrategy = .custom { decoder in
      let text = try decoder.singleValueContainer().decode(String.self)
      return try Date(text, strategy: style)
    }
    return decoder
  }

  /// `2026-11-23T12:46:00.123Z`.
  public static func text(of date: Date) -> String { date.formatted(style) }

  private static let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
}
