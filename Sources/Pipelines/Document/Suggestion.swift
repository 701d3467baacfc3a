/// "Did you mean …?"
package enum Suggestion {
  /// The candidate nearest to `word`, as a question; `nil` where none is near enough to be meant.
  package static func didYouMean(_ word: String, _ candidates: some Sequence<String>) -> String? {
    nearest(to: word, among: candidates).map { "did you mean `\($0)`?" }
  }

  /// At most a third of the letters (but always one, never more than three) may differ.
  static func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
    let letters = folded(word)
    // Of one or two letters, all are near to all.
    guard (3...64).contains(letters.count) else { return nil }
    let budget = min(3, max(1, letters.count / 3))
    var best: (candidate: String, distance: Int)?
    for candidate in candidates {
      let distance = distance(letters, folded(candidate))
      if distance <= budget, distance < best?.distance ?? .max { best = (candidate, distance) }
    }
    return best?.candidate
  }

  /// `publicUrl`, `public-url` and `public_url` are one word to a person.
  private static func folded(_ word: String) -> [UInt8] {
    word.lowercased().utf8.filter { $0 != UInt8(ascii: "_") && $0 != UInt8(ascii: "-") }
  }

  /// Insertions, deletions, replacements and swaps of neighbours (optimal string alignment).
  private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for i in left.indices {
      var row = [i + 1]
      for j in right.indices {
        var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (left[i] == right[j] ? 0 : 1))
        if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
          cost = min(cost, beforeLast[j - 1] + 1)
        }
        row.append(cost)
      }
      (beforeLast, last) = (last, row)
    }
    return last[right.count]
  }
}
