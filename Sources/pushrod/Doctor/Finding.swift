/// What one check of `pushrod doctor` found.
struct Finding: Encodable {
  enum Level: String, Encodable {
    case ok
    /// Works, but not as it should.
    case warn
    /// Something will not work.
    case fail
  }

  var level: Level
  /// What was looked at: `runner`, `libgit2`, …
  var check: String
  /// A sentence.
  var what: String
  /// What to do; `nil` where nothing is.
  var advice: String?

  static func ok(_ check: String, _ what: String) -> Finding { Finding(level: .ok, check: check, what: what) }

  static func warn(_ check: String, _ what: String, _ advice: String) -> Finding {
    Finding(level: .warn, check: check, what: what, advice: advice)
  }

  static func fail(_ check: String, _ what: String, _ advice: String) -> Finding {
    Finding(level: .fail, check: check, what: what, advice: advice)
  }
}
