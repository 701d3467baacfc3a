import Glibc
import Model
import RunDirectory

/// What stands in a step's environment: nothing of the runner's own, and everything the pipeline language names.
struct StepEnvironment {
  let spec: RunSpec
  let directory: RunDirectory
  let secrets: [String: String]
  let account: Account

  /// The user whom steps run as.
  struct Account {
    var name: String
    var home: String

    /// This process's user. `HOME` and `USER` of the runner's own environment count where the system knows no such
    /// user, as in a container.
    static func current() -> Account {
      let entry = getpwuid(geteuid())
      return Account(
        name: entry.map { String(cString: $0.pointee.pw_name) } ?? own("USER") ?? "\(geteuid())",
        home: entry.map { String(cString: $0.pointee.pw_dir) } ?? own("HOME") ?? "/")
    }
  }

  /// What a login shell of Debian has, and where an administrator installs programs.
  static let defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

  /// The variables of a step, `NAME=value`, sorted.
  ///
  /// A step's `env` counts over secrets, these over what earlier steps have handed on, that over inputs, these over the
  /// pipeline's `env`, that over the defaults. `PUSHROD` and `PUSHROD_…` are never anybody else's. All of them are always
  /// set, to nothing where there is nothing to say, so that a shell with `-u` can use them.
  /// - Parameters:
  ///   - number: of the try, from 1.
  ///   - outputFile: where the step writes what it hands on.
  func variables(for job: StepJob, try number: Int = 1, outputFile: String = "") -> [String] {
    let account = account(of: job.step)
    var values = [
      "PATH": Self.defaultPath, "HOME": account.home, "USER": account.name, "LOGNAME": account.name,
      "LANG": Self.own("LANG") ?? "C.UTF-8",
      "CI": "true",
    ]
    if let zone = Self.own("TZ") { values["TZ"] = zone }
    let outputs = Dictionary(job.outputs.map { ($0.name, $0.value) }) { $1 }
    for more in [
      spec.request.pipeline.environment, spec.request.inputVariables, outputs, secrets, job.step.environment,
    ] {
      values.merge(more) { $1 }
    }
    values = values.filter { $0.key != "PUSHROD" && !$0.key.hasPrefix("PUSHROD_") }
    values["PUSHROD"] = "1"
    for (name, value) in runVariables(job) { values["PUSHROD_" + name] = value }
    values["PUSHROD_TRY"] = "\(number)"
    values["PUSHROD_OUTPUT"] = outputFile
    return values.map { "\($0.key)=\($0.value)" }.sorted()
  }

  /// The user whom the step runs as.
  func account(of step: Step) -> Account {
    guard let name = spec.request.pipeline.user(of: step), let user = try? SystemUser(named: name) else {
      return account
    }
    return Account(name: user.name, home: user.home)
  }

  private func runVariables(_ job: StepJob) -> [String: String] {
    let request = spec.request
    var values = [
      "RUN": "\(spec.number)",
      "PIPELINE": request.pipeline.name,
      "STEP": job.step.name,
      "REPO": request.pipeline.repository.name,
      "REF": request.ref.full,
      "BRANCH": request.ref.branch ?? "",
      "TAG": request.ref.tag ?? "",
      "COMMIT": job.commit.hex,
      "BEFORE": request.before?.hex ?? "",
      "PUSHER": request.pusher ?? "",
      "MESSAGE_FILE": request.message == nil ? "" : directory.messagePath,
      "EVENT_FILE": spec.eventFile ?? "",
      "WORKSPACE": spec.workspace,
      "URL": spec.url ?? "",
      "ATTEMPT": "\(request.attempt)",
      "SCHEDULED_FOR": request.scheduledFor.map { "\(JSON.text(of: $0).prefix(19))Z" } ?? "",
    ]
    if let outcome = job.outcome {
      values["STATUS"] = outcome.state.rawValue
      values["FAILED_STEP"] = outcome.failedStep ?? ""
    }
    // An environment cannot hold a NUL, and a payload can.
    return values.mapValues { $0.utf8.contains(0) ? String($0.unicodeScalars.filter { $0.value != 0 }) : $0 }
  }

  private static func own(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
  }
}
