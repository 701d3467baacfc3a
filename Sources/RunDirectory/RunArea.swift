import FoundationEssentials
import Glibc
public import Model

/// The folder that holds everything runners work on.
///
/// `runs/<n>`, `workspaces/<pipeline>`, `mirrors/<repository>.git`, `caches/…`, `logs/<pipeline>/latest`.
public struct RunArea: Sendable, Hashable {
  /// Absolute.
  public let root: String

  public init(root: String) { self.root = root }

  public var runs: String { root + "/runs" }
  public var workspaces: String { root + "/workspaces" }
  public var mirrors: String { root + "/mirrors" }
  public var logs: String { root + "/logs" }
  public var caches: String { root + "/caches" }

  public func directory(ofRun number: Int) -> RunDirectory {
    RunDirectory(path: runs + "/\(number)")
  }

  /// The highest number of which there is a directory; 0 where there is none.
  public var highestRun: Int {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: runs)) ?? []
    return names.compactMap { Int($0) }.max() ?? 0
  }

  /// The folder that a pipeline's steps work in; kept from run to run.
  public func workspace(of pipeline: String) -> String { workspaces + "/" + pipeline }

  /// The bare mirror of a repository, the same for all spellings of its address.
  public func mirror(of url: RepositoryURL) -> String {
    mirrors + "/" + RunArea.mirrorName(ofIdentity: url.identity)
  }

  /// A mirror's path below the folder of mirrors.
  ///
  /// Two repositories never share one, whatever their addresses: the name says the whole identity. What a
  /// file name cannot hold is written as `%XX`, `/` as `+`, and a name that is too long for one folder goes on
  /// in the next.
  public static func mirrorName(ofIdentity identity: String) -> String {
    var name = ""
    for byte in identity.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
        name.unicodeScalars.append(Unicode.Scalar(byte))
      case UInt8(ascii: "/"): name += "+"
      default: name += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
      }
    }
    var path = ""
    while name.utf8.count > nameLimit {
      path += name.prefix(nameLimit) + "~/"
      name.removeFirst(nameLimit)
    }
    return path + name + ".git"
  }

  /// The folder of all mirrors, from the path of one of them.
  public static func mirrorFolder(of mirror: String) -> String {
    var folder = mirror[..<(mirror.lastIndex(of: "/") ?? mirror.startIndex)]
    while folder.hasSuffix("~"), let slash = folder.lastIndex(of: "/") { folder = folder[..<slash] }
    return String(folder)
  }

  /// Lets `logs/<pipeline>/latest` point at the run, in one step: a reader finds the old run or the new one.
  ///
  /// The folders are not followed where they are links: a step could have put them there.
  /// - Throws: `RunDirectoryError`.
  public func linkLatest(pipeline: String, run: Int) throws(RunDirectoryError) {
    let path = logs + "/" + pipeline
    try Folder.make(logs)
    guard let all = OpenFolder(logs) else { throw .last("open", logs) }
    guard mkdirat(all.descriptor, pipeline, 0o750) == 0 || errno == EEXIST else { throw .last("create", path) }
    guard let folder = OpenFolder(pipeline, in: all) else { throw .last("open", path) }
    let temporary = ".latest.\(getpid()).\(run)"
    unlinkat(folder.descriptor, temporary, 0)
    guard symlinkat("../../runs/\(run)", folder.descriptor, temporary) == 0 else {
      throw .last("create", path + "/" + temporary)
    }
    guard renameat(folder.descriptor, temporary, folder.descriptor, "latest") == 0 else {
      let failure = RunDirectoryError.last("rename", path + "/" + temporary)
      unlinkat(folder.descriptor, temporary, 0)
      throw failure
    }
  }

  private static let nameLimit = 200
}
