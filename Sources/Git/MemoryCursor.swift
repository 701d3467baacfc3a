/// Walks a memory beside a tree: both are in the order of paths, so each step is one comparison.
struct MemoryCursor {
  private var next: Int32 = 0

  /// What the memory says about `path`, where it says it of the object `id`. Paths must be asked in order.
  mutating func entry(of path: ArraySlice<UInt8>, _ id: ObjectID, in memory: CheckoutMemory) -> Int32? {
    while next < memory.count {
      let order = memory.order(of: next, path)
      if order > 0 { return nil }
      defer { next += 1 }
      if order == 0 { return memory.id(next) == id ? next : nil }
    }
    return nil
  }
}
