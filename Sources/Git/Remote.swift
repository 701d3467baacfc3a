import CGit2
import Glibc

/// One conversation with one remote: opened and freed inside one synchronous function.
struct Remote: ~Copyable {
  private let pointer: OpaquePointer
  private let session: RemoteSession

  /// A remote whose objects go into `repository`.
  init(_ session: RemoteSession, into repository: borrowing Repository) throws(GitFailure) {
    var pointer: OpaquePointer?
    guard git_remote_create_anonymous(&pointer, repository.pointer, session.address.text) == 0, let pointer else {
      throw session.failure(LibraryError(code: -1))
    }
    self.pointer = pointer
    self.session = session
  }

  /// A remote that is only asked.
  init(_ session: RemoteSession) throws(GitFailure) {
    GitLibrary.initialize()
    var pointer: OpaquePointer?
    guard git_remote_create_detached(&pointer, session.address.text) == 0, let pointer else {
      throw session.failure(LibraryError(code: -1))
    }
    self.pointer = pointer
    self.session = session
  }

  deinit {
    git_remote_disconnect(pointer)
    git_remote_free(pointer)
  }

  /// Connects and returns every ref the server shows, by name; peeled tags are named `refs/tags/v1^{}`.
  func connect() throws(GitFailure) -> [(name: String, id: ObjectID)] {
    var options = git_remote_connect_options()
    git_remote_connect_options_init(&options, UInt32(GIT_REMOTE_CONNECT_OPTIONS_VERSION))
    options.callbacks = session.callbacks()
    options.follow_redirects = GIT_REMOTE_REDIRECT_NONE
    try perform { git_remote_connect_ext(pointer, GIT_DIRECTION_FETCH, &options) }
    var heads: UnsafeMutablePointer<UnsafePointer<git_remote_head>?>?
    var count = 0
    try perform { git_remote_ls(&heads, &count, pointer) }
    var tips: [(name: String, id: ObjectID)] = []
    tips.reserveCapacity(count)
    for index in 0..<count {
      guard let head = heads?[index]?.pointee, let name = head.name else { continue }
      tips.append((String(cString: name), ObjectID(head.oid)))
    }
    return tips
  }

  /// Fetches the objects behind the refs that `refspecs` select. Moves no ref.
  func download(_ refspecs: [String]) throws(GitFailure) {
    var options = git_fetch_options()
    git_fetch_options_init(&options, UInt32(GIT_FETCH_OPTIONS_VERSION))
    session.network.enter(.objects)
    options.callbacks = session.callbacks()
    options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE
    options.prune = GIT_FETCH_NO_PRUNE
    options.update_fetchhead = 0
    options.follow_redirects = GIT_REMOTE_REDIRECT_NONE
    var words = refspecs.map { strdup($0) }
    defer { for word in words { free(word) } }
    try perform {
      words.withUnsafeMutableBufferPointer { words in
        var array = git_strarray(strings: words.baseAddress, count: words.count)
        return git_remote_download(pointer, &array, &options)
      }
    }
  }

  private func perform(_ call: () -> Int32) throws(GitFailure) {
    let code = NetworkStream.$session.withValue(session.network) { call() }
    guard code < 0 else { return }
    throw session.failure(LibraryError(code: code))
  }
}
