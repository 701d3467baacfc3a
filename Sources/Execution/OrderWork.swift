import FoundationEssentials
import Git
import Glibc
import Model

/// Answers which of several commits is the newest: fetch, compare, one line back to who asked.
///
/// The process does nothing else and ends with it, so libgit2 may leak and be killed as it likes.
struct OrderWork {
  let question: OrderQuestion

  /// More would take longer than anybody waits.
  private static let mostCommits = 1000

  /// - Parameter channel: the connection on which the question came.
  /// - Returns: the process's exit code.
  func run(answeringOn channel: Descriptor) -> Int32 {
    guard question.mirror.hasPrefix("/"), !question.mirror.split(separator: "/").contains(".."),
      !question.mirror.utf8.contains(0), question.commits.count <= OrderWork.mostCommits,
      question.timeout.value > 0, question.timeout.value <= 3600
    else { return 2 }
    // Git's own deadline comes first; this is for when it does not come back.
    alarm(UInt32(question.timeout.value) + 5)
    signal(SIGPIPE, SIG_IGN)
    guard var bytes = (try? JSON.encoder().encode(answer())).map(Array.init) else { return 1 }
    bytes.append(UInt8(ascii: "\n"))
    var written = 0
    while written < bytes.count {
      let count = bytes[written...].withUnsafeBytes { write(channel.raw, $0.baseAddress, $0.count) }
      guard count > 0 || errno == EINTR else { return 1 }
      written += max(count, 0)
    }
    return 0
  }

  func answer() -> OrderAnswer {
    let credentials = CredentialMatching(question.credentials)
    let policy = RemotePolicy(
      allowedSchemes: Set(question.allowedSchemes.map(\.rawValue)),
      credential: { credentials.credential(for: $0) }, deadline: .now + question.timeout.duration)
    do throws(GitFailure) {
      GitLibrary.initialize()
      let mirror = Mirror(path: question.mirror)
      _ = try mirror.fetch(
        url: question.url, ref: question.ref.full, policy: policy, progress: { _ in }, message: { _ in })
      let order = try mirror.order(of: question.commits.map { $0?.hex }, in: question.ref.full)
      return OrderAnswer(newest: order.newest, older: order.older)
    } catch {
      return OrderAnswer(newest: nil, older: [], error: String(error.description.prefix(4000)))
    }
  }
}
