import FoundationEssentials
import Git
import Glibc
import Model
import RunDirectory

/// Reads the steps of a pipeline whose `file` stands in the repository, in the process that fetches.
///
/// The language and its YAML are not linked into the runner: `pushrod` beside it reads the file, without secrets and
/// variables, and tells the steps or the mistakes.
struct RepositoryPipeline {
  let spec: RunSpec
  let directory: RunDirectory
  let mirror: Git.Mirror
  let say: (String) -> Void

  private static let deadline = 60
  private static let longestAnswer = 4 << 20

  /// - Parameter file: its path in the repository.
  /// - Returns: a sentence where the commit has no such steps; `nil` where they are recorded in the run's directory.
  func read(_ file: String, of commit: String) throws -> String? {
    let place = "the file `\(file.shown(limit: 200))` of commit \(commit.prefix(8))"
    switch try mirror.file(file, of: commit, atMost: Pipeline.longestFile) {
    case .missing: return "commit \(commit.prefix(8)) has no file `\(file.shown(limit: 200))`, which says what to run"
    case .notRegular: return "\(place) is no regular file"
    case .tooLarge(let bytes): return "\(place) has \(bytes) bytes; at most \(Pipeline.longestFile) are read"
    case .bytes(let bytes): try directory.record(pipelineFile: bytes)
    }
    let reading = try reading(file)
    guard let steps = reading.steps else {
      for mistake in reading.mistakes { say(mistake.text) }
      let first = reading.mistakes.first?.line ?? "it has no steps"
      let more = reading.mistakes.count - 1
      return "\(place) cannot be used: \(first)"
        + (more > 0 ? "; \(more) more \(more == 1 ? "mistake is" : "mistakes are") in the log" : "")
    }
    try directory.record(steps)
    let count = steps.steps.count + (steps.onFailure?.count ?? 0) + steps.finally.count
    say("\(place) has \(count) \(count == 1 ? "step" : "steps")")
    return nil
  }

  private func reading(_ file: String) throws -> PipelineReading {
    guard let program = RepositoryPipeline.program else {
      throw RunnerFailure("there is no `pushrod` beside pushrod-runner to read the repository's file; install both")
    }
    let arguments =
      ["pushrod", "pipeline-steps", "--name", file] + spec.request.pipeline.secrets.flatMap { ["--secret", $0] }
    let answer = try RepositoryPipeline.answer(program, arguments, input: directory.pipelineFilePath)
    guard let reading = try? JSON.decoder().decode(PipelineReading.self, from: Data(answer)) else {
      throw RunnerFailure("\(program) could not read the repository's file; its own words, if any, are above")
    }
    return reading
  }

  private static var program: String? {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
    guard readlink("/proc/self/exe", &buffer, Int(PATH_MAX)) > 0, let slash = buffer.lastIndex(of: 0x2f) else {
      return nil
    }
    let folder = String(decoding: buffer[..<slash].map(UInt8.init(bitPattern:)), as: UTF8.self)
    let path = folder + "/pushrod"
    return access(path, X_OK) == 0 ? path : nil
  }

  /// What the program writes to its standard output. It finds nothing of this process: no variables, no descriptors.
  private static func answer(_ program: String, _ arguments: [String], input: String) throws -> [UInt8] {
    let (id, reading) = try start(program, arguments, input: input)
    var answer: [UInt8] = []
    let end = Instant.now + .seconds(deadline)
    var status: Int32 = 0
    while true {
      var wait = pollfd(fd: reading.raw, events: Int16(POLLIN), revents: 0)
      _ = poll(&wait, 1, 1000)
      answer += reading.readAvailable(limit: longestAnswer + 1)
      let isOver = Instant.now > end || answer.count > longestAnswer
      if isOver { kill(id, SIGKILL) }
      let isClosed = wait.revents & Int16(POLLHUP) != 0 && wait.revents & Int16(POLLIN) == 0
      if isOver || isClosed { break }
    }
    while waitpid(id, &status, 0) < 0, errno == EINTR {}
    guard status == 0 else { throw RunnerFailure("\(program) could not read the repository's file, or took too long") }
    return answer
  }

  /// The pipe's writing end is the program's alone when this returns.
  private static func start(
    _ program: String, _ arguments: [String], input: String
  ) throws(RunnerFailure) -> (pid_t, Descriptor) {
    guard let file = Descriptor.open(input, O_RDONLY | O_NOFOLLOW) else { throw .last("open \(input)") }
    let pipe = try Descriptor.pipe()
    return (try spawn(program, arguments, input: file, output: pipe.writing), pipe.reading)
  }

  private static func spawn(
    _ program: String, _ arguments: [String], input: Descriptor, output: Descriptor
  ) throws(RunnerFailure) -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, input.raw, 0)
    posix_spawn_file_actions_adddup2(&actions, output.raw, 1)
    let words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    let variables: [UnsafeMutablePointer<CChar>?] = [strdup("LANG=C.UTF-8"), nil]
    defer { for text in words + variables { free(text) } }
    var id: pid_t = 0
    let code = posix_spawn(&id, program, &actions, nil, words, variables)
    guard code == 0 else { throw RunnerFailure("cannot start \(program): \(String(cString: strerror(code)))") }
    return id
  }
}
