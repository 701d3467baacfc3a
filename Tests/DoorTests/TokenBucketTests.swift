import Door
import Testing

struct TokenBucketTests {
  @Test("a bucket gives what it holds at once, then what comes back, and says when that is")
  func takesAndRefills() {
    var bucket = TokenBucket(capacity: 3, refill: 0.5, now: 100)
    let waits = [100, 100, 100, 100, 101, 102, 102].map { bucket.take(now: $0) }
    #expect(waits == [nil, nil, nil, 2, 1, nil, 2])
  }

  @Test("waiting long gives no more than a full bucket, and a clock that goes back gives nothing")
  func bounds() {
    var bucket = TokenBucket(capacity: 2, refill: 1, now: 0)
    let first = [bucket.isFull(now: 0), bucket.take(now: 0) == nil, bucket.isFull(now: 0.5), bucket.isFull(now: 1000)]
    #expect(first == [true, true, false, true])
    let later = [1000, 1000, 5].map { bucket.take(now: $0) }
    #expect(later == [nil, nil, 1])
  }
}
