import Model
import Testing

@Suite("Marks and measures") struct MarksTests {
  @Test("the lesser of bytes and percent counts, so that a small disk is not full by definition")
  func marks() {
    let marks = DiskMarks()
    #expect(marks.stop.bytes(ofDisk: 1 << 40) == 512 << 20)
    #expect(marks.stop.bytes(ofDisk: 1_000_000_000) == 20_000_000)
    #expect(marks.warn.bytes(ofDisk: 1 << 40) == 2 << 30)
    #expect(DiskMark(bytes: 7).bytes(ofDisk: 5) == 7)
    #expect(DiskMark(percent: 50).bytes(ofDisk: 1000) == 500)
  }

  @Test("each measure has a name of its own, by Prometheus' rules")
  func names() {
    #expect(Set(Measure.all.map(\.name)).count == Measure.all.count)
    for measure in Measure.all {
      #expect(measure.name.wholeMatch(of: /[a-z][a-z0-9_]*/) != nil, "\(measure.name)")
      #expect((measure.kind == .counter) == measure.name.hasSuffix("_total"), "\(measure.name)")
      #expect(measure.help.hasSuffix("."), "\(measure.name)")
      if case .histogram(let bounds) = measure.kind { #expect(bounds == bounds.sorted() && !bounds.isEmpty) }
    }
  }
}
