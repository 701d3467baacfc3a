import Model
import Testing

@testable import Pipelines

@Suite struct QuantityTests {
  @Test(
    "lengths of time",
    arguments: [
      ("30m", 1800), ("1h30m", 5400), ("1h 30m", 5400), ("90s", 90), ("90", 90), ("1.5h", 5400), ("2d", 172_800),
      ("500ms", 0.5), ("1m30s", 90), ("0", 0), ("0.5", 0.5),
    ] as [(String, Double)])
  func seconds(text: String, expected: Double) {
    #expect(Quantity.seconds(text)?.value == expected)
  }

  @Test(
    "what is no length of time",
    arguments: [
      "", " ", "m", "30 m x", "30x", "-5m", "+5", "1e3", "5m1h", "1m1m", "1:30", "٣m", ".5", "5.", "1..5h", "nan",
      "inf",
      "99999999999999999999s", "3 weeks", "1h,30m",
    ])
  func notSeconds(text: String) {
    #expect(Quantity.seconds(text) == nil)
  }

  @Test(
    "sizes",
    arguments: [
      ("25M", 25 << 20), ("25MB", 25 << 20), ("25MiB", 25 << 20), ("25 m", 25 << 20), ("512K", 512 << 10),
      ("2G", 2 << 30),
      ("100", 100), ("100b", 100), ("1T", 1 << 40),
    ] as [(String, Int)])
  func bytes(text: String, expected: Int) {
    #expect(Quantity.bytes(text) == expected)
  }

  @Test("what is no size", arguments: ["", "M", "-1", "1.5M", "1X", "1MM", "9999999999999M", "٣", "999999999999T"])
  func notBytes(text: String) {
    #expect(Quantity.bytes(text) == nil)
  }
}
