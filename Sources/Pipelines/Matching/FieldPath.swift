import Model

/// Where in an event a field stands: keys from the top.
enum FieldPath {
  /// What `path` leads to; empty where there is no such field.
  ///
  /// A list that is met on the way is every one of its elements, unless the path has the number of one (from 0); a
  /// list at the end is its elements too, also those of lists in it. An empty list at the end is itself.
  static func values(at path: [String], in value: JSONValue) -> [JSONValue] {
    var found: [JSONValue] = []
    collect(path[...], value, into: &found)
    return found
  }

  private static func collect(_ path: ArraySlice<String>, _ value: JSONValue, into found: inout [JSONValue]) {
    let rest = path.dropFirst()
    switch (path.first, value) {
    case (nil, .array(let elements)) where !elements.isEmpty:
      for element in elements { collect(path, element, into: &found) }
    case (nil, _):
      found.append(value)
    case (let key?, .object(let fields)):
      if let field = fields[key] { collect(rest, field, into: &found) }
    case (let key?, .array(let elements)):
      guard let index = index(key) else {
        for element in elements { collect(path, element, into: &found) }
        return
      }
      if elements.indices.contains(index) { collect(rest, elements[index], into: &found) }
    default:
      return
    }
  }

  private static func index(_ key: String) -> Int? {
    key.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(key) : nil
  }
}
