import Git
import Glibc
import Model
import RunDirectory

/// Fetch, prove, check out: what the `fetch` step does, in a process of its own.
///
/// libgit2 has no way to be stopped and parses what strangers send. A child can be killed, and takes its memory
/// with it.
struct FetchWork {
  let spec: RunSpec
  let directory: RunDirectory
  let credentials: CredentialMatching
  /// Gets a line for the log.
  let say: (String) -> Void
  let received = ReceivedBytes()

  private var limits: FetchLimits { spec.fetchLimits ?? FetchLimits() }

  func run() -> FetchReport {
    do {
      return try fetchAndCheckOut()
    } catch let failure as GitFailure {
      return .failed(reason: failure.description, detail: failure.detail)
    } catch {
      return .failed(reason: "\(error)", detail: nil)
    }
  }

  private func fetchAndCheckOut() throws -> FetchReport {
    try WorkspaceOwner(spec: spec).takeBack()
    let request = spec.request
    let url = request.pipeline.repository.url
    let matching = credentials
    let policy = RemotePolicy(
      allowedSchemes: Set(spec.allowedSchemes.map(\.rawValue)),
      credential: { matching.credential(for: $0) }, deadline: .now + spec.fetchTimeout.duration,
      limits: NetworkLimits(limits), attempts: limits.attempts)
    GitLibrary.initialize()

    let use = try MirrorUse.begin(in: RunArea.mirrorFolder(of: spec.mirror), deadline: policy.deadline)
    defer { use.release() }
    say("fetching \(request.ref) from \(url)")
    let mirror = Mirror(path: spec.mirror)
    let transfer = TransferReport(say)
    let tip = try mirror.fetch(
      url: url, ref: request.ref.full, policy: policy, progress: transfer.note, message: say)
    transfer.finish()
    received.count = transfer.receivedBytes
    // Without a commit of its own the run is of what the ref stands at now.
    let commit = try request.commit.map { try mirror.prove(commit: $0.hex, reachableFrom: request.ref.full) } ?? tip
    say(
      commit == tip
        ? "commit \(commit) is the tip of \(request.ref)"
        : "commit \(commit) is part of \(request.ref), whose tip is \(tip)")

    let appraisal = CommitAppraisal(spec: spec, directory: directory, mirror: mirror, say: say) { ref in
      say("fetching \(ref) from \(url), to compare with")
      return try mirror.fetch(url: url, ref: ref.full, policy: policy, progress: { _ in }, message: say)
    }
    switch try appraisal.answer(for: commit, tip: tip) {
    case .ends(let report): return report
    case .goesOn(let wentBack, let leftOut):
      try checkOut(commit, mirror, policy)
      return .done(commit: commit, wentBack: wentBack, leftOut: leftOut)
    }
  }

  private func checkOut(_ commit: String, _ mirror: Mirror, _ policy: RemotePolicy) throws {
    let url = spec.request.pipeline.repository.url
    try discardUnfinished()
    let start = Instant.now
    let report = try Workspace(path: spec.workspace, mirror: mirror).checkOut(
      commit: commit,
      limits: TreeLimits(entries: spec.treeLimits.entries, bytes: spec.treeLimits.bytes),
      policy: policy, rule: rule, mirrors: submoduleMirror, sourceURL: url, progress: { _ in }, message: say
    ) { () throws(GitFailure) in
      do throws(RunnerFailure) {
        try UnfinishedMark(workspace: spec.workspace).set(by: spec.number)
      } catch {
        throw GitFailure(.checkout, operation: "check out", "\(error.description).")
      }
    }
    if report.usesLargeFiles { try fetchLargeFiles(url, policy, besides: report.leftOut) }
    let modules = report.submodules == 0 ? "" : " and " + count(report.submodules, "submodule")
    say("checked out \(count(report.files, "file"))\(modules) in \(Seconds(start.duration(to: .now).inSeconds))")
  }

  private var rule: CheckoutRule {
    let rule = spec.request.pipeline.workspace
    let clean: CheckoutRule.Clean =
      switch rule?.clean ?? .full {
      case .full: .full
      case .ignoredKept: .ignoredKept
      case .none: .none
      }
    return CheckoutRule(
      clean: clean, submodules: rule?.submodules ?? true, sparse: (rule?.sparse).map { SparseFolders($0) },
      largeFiles: rule?.lfs ?? false)
  }

  private func fetchLargeFiles(_ url: String, _ policy: RemotePolicy, besides leftOut: [String]) throws {
    guard spec.request.pipeline.workspace?.lfs == true else {
      return say(
        "note: .gitattributes puts files into Git LFS (filter=lfs); they are pointers here. `workspace: {lfs: true}` "
          + "fetches them")
    }
    say("fetching large files with git-lfs")
    try LargeFiles(
      workspace: spec.workspace, mirror: spec.mirror, url: url, credential: policy.credential(url), leftOut: leftOut
    ).fetch(output: 1)
  }

  private func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }

  /// Submodules' mirrors lie beside the main one.
  private func submoduleMirror(of url: String) -> Mirror {
    let identity = (try? RepositoryURL(url))?.identity ?? url
    return Mirror(path: RunArea.mirrorFolder(of: spec.mirror) + "/" + RunArea.mirrorName(ofIdentity: identity))
  }

  private func discardUnfinished() throws {
    let mark = UnfinishedMark(workspace: spec.workspace)
    if let run = mark.run {
      say("\(run > 0 ? "run \(run)" : "the last run") did not come to its end here: the workspace is made anew")
      try Workspace(path: spec.workspace, mirror: Mirror(path: spec.mirror)).remove()
    }
    let folder = spec.workspace[..<(spec.workspace.lastIndex(of: "/") ?? spec.workspace.startIndex)]
    try FileTree.makeFolders(String(folder))
    // It comes back when files are changed: a commit that is refused leaves the workspace as good as it is.
    mark.remove()
  }
}
