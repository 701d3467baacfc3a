import FoundationEssentials
import Git
import Glibc
import Model
import RunDirectory

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
    MemoryLimit.set(FetchLimits().memory)
    guard var bytes = (try? JSON.encoder().encode(answer())).map(Array.init) else { return 1 }
    bytes.append(UInt8(ascii: "\n"))
    return channel.writeAll(bytes) ? 0 : 1
  }

  func answer() -> OrderAnswer {
    let credentials = CredentialMatching(question.credentials)
    let policy = RemotePolicy(
      allowedSchemes: Set(question.allowedSchemes.map(\.rawValue)),
      credential: { credentials.credential(for: $0) }, deadline: .now + question.timeout.duration)
    do throws(GitFailure) {
      GitLibrary.initialize()
      let use = try MirrorUse.begin(in: RunArea.mirrorFolder(of: question.mirror), deadline: policy.deadline)
      defer { use.release() }
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
