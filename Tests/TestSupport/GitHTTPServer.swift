import Foundation

/// Smart HTTP: `git http-backend` behind a small Python server, for every repository below a folder.
public final class GitHTTPServer: Sendable {
  /// How the server behaves. Each case is one word of its configuration.
  public enum Behaviour: Sendable {
    /// Serves git, to those who show `password` where one is given.
    case serve(password: String? = nil)
    /// Sends every request on to another server.
    case redirect(to: String)
    /// Answers every request with this status.
    case status(Int)
    /// Accepts the connection, reads the request and says nothing.
    case hang
    /// Begins the head of an answer and sends a byte of it every 50 ms, for ever.
    case drip
  }

  private let process: ServerProcess
  private let directory: TemporaryDirectory
  public let port: Int

  private let scheme: String

  /// - Parameters:
  ///   - root: `http://127.0.0.1:port/name` is `root/name`.
  ///   - tls: speaks https with a certificate that it signed itself.
  public init(root: String, _ behaviour: Behaviour = .serve(), tls: Bool = false) throws {
    let directory = try TemporaryDirectory("git-http")
    let script = try directory.write("server.py", Self.script)
    let portFile = directory.file("port")
    let certificate = tls ? directory.file("certificate.pem") : ""
    if tls {
      try runChecked([
        "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", certificate + ".key", "-out",
        certificate, "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
      ])
    }
    let words =
      switch behaviour {
      case .serve(let password): ["serve", password ?? ""]
      case .redirect(let target): ["redirect", target]
      case .status(let code): ["status", "\(code)"]
      case .hang: ["hang", ""]
      case .drip: ["drip", ""]
      }
    let process = try ServerProcess(
      ["python3", script, root, portFile, certificate] + words, env: GitRepository.environment,
      output: directory.file("log"))
    let end = ContinuousClock.now + .seconds(30)
    var found: Int?
    while found == nil {
      found = (try? String(contentsOfFile: portFile, encoding: .utf8)).flatMap { Int($0) }
      guard found != nil || ContinuousClock.now < end else {
        throw CommandFailure("the HTTP server did not start: \(process.log)")
      }
      usleep(10_000)
    }
    port = found ?? 0
    self.process = process
    self.directory = directory
    scheme = tls ? "https" : "http"
  }

  /// The address of the repository `name` below the root.
  public func url(_ name: String) -> String { "\(scheme)://127.0.0.1:\(port)/\(name)" }

  /// One line for each request: method, path, and the `Authorization` header as it came (or `-`).
  public var requests: [String] {
    process.log.split(separator: "\n").filter { $0.hasPrefix("request ") }.map { String($0.dropFirst(8)) }
  }

  public func stop() { process.stop() }

  private static let script = #"""
    import base64, hashlib, json, os, ssl, subprocess, sys, time
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    root, port_file, certificate, behaviour, argument = sys.argv[1:6]

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, *arguments):
            pass

        def simple(self, status, headers=()):
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def body(self):
            if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
                parts = []
                while True:
                    size = int(self.rfile.readline().split(b";")[0], 16)
                    parts.append(self.rfile.read(size))
                    self.rfile.readline()
                    if size == 0:
                        return b"".join(parts)
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))

        def answer(self):
            authorization = self.headers.get("Authorization")
            print("request", self.command, self.path, authorization or "-", flush=True)
            body = self.body()
            if behaviour == "status":
                return self.simple(int(argument))
            if behaviour == "redirect":
                return self.simple(302, [("Location", argument + self.path)])
            if behaviour == "hang":
                time.sleep(3600)
            if behaviour == "drip":
                self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
                while True:
                    self.wfile.write(b"a")
                    self.wfile.flush()
                    time.sleep(0.05)
            if argument:
                given = base64.b64decode((authorization or " ").split(" ", 1)[1] or b"").decode("utf-8", "replace")
                if given.split(":", 1)[-1] != argument:
                    return self.simple(401, [("WWW-Authenticate", 'Basic realm="git"')])
            path, _, query = self.path.partition("?")
            if "/info/lfs/" in path:
                return self.large_file(path, body)
            environment = dict(
                os.environ, GIT_PROJECT_ROOT=root, GIT_HTTP_EXPORT_ALL="1", PATH_INFO=path, QUERY_STRING=query,
                REQUEST_METHOD=self.command, CONTENT_TYPE=self.headers.get("Content-Type", ""),
                CONTENT_LENGTH=str(len(body)), REMOTE_ADDR="127.0.0.1",
                HTTP_CONTENT_ENCODING=self.headers.get("Content-Encoding", ""),
                GIT_PROTOCOL=self.headers.get("Git-Protocol", ""))
            done = subprocess.run(["git", "http-backend"], input=body, env=environment, stdout=subprocess.PIPE)
            head, _, content = done.stdout.partition(b"\r\n\r\n")
            fields = [line.decode("latin-1").split(": ", 1) for line in head.split(b"\r\n") if line]
            status = next((int(value.split()[0]) for name, value in fields if name.lower() == "status"), 200)
            self.send_response(status)
            for name, value in fields:
                if name.lower() not in ("status", "content-length"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        # git-lfs: docs/api/batch.md of its repository, with the "basic" transfer. Objects lie in root/lfs.
        def large_file(self, path, body):
            kind, content = "application/vnd.git-lfs+json", b"{}"
            folder = root + "/lfs/"
            scheme = "https" if certificate else "http"
            place = "%s://%s%s" % (scheme, self.headers["Host"], path[: path.index("/info/lfs/") + 10])
            if path.endswith("/objects/batch"):
                asked = json.loads(body)
                objects = []
                for item in asked["objects"]:
                    answer = {"oid": item["oid"], "size": item["size"]}
                    there = os.path.exists(folder + item["oid"])
                    if asked["operation"] == "upload":
                        if not there:
                            answer["actions"] = {"upload": {"href": place + "stored/" + item["oid"]}}
                    elif there:
                        answer["actions"] = {"download": {"href": place + "stored/" + item["oid"]}}
                    else:
                        answer["error"] = {"code": 404, "message": "no such object"}
                    objects.append(answer)
                content = json.dumps({"transfer": "basic", "objects": objects}).encode()
            elif "/stored/" in path:
                name, kind = folder + path.rsplit("/", 1)[1], "application/octet-stream"
                if self.command == "PUT":
                    os.makedirs(folder, exist_ok=True)
                    assert hashlib.sha256(body).hexdigest() == os.path.basename(name)
                    with open(name, "wb") as file:
                        file.write(body)
                    content = b""
                else:
                    with open(name, "rb") as file:
                        content = file.read()
            else:
                return self.simple(404)
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_PUT = answer
        do_GET = answer
        do_POST = answer

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, certificate + ".key")
        server.socket = context.wrap_socket(server.socket, server_side=True)
    with open(port_file + ".new", "w") as file:
        file.write(str(server.server_port))
    os.rename(port_file + ".new", port_file)
    server.serve_forever()
    """#
}
