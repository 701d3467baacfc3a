"""Repositories to push to, and real servers for them: git daemon, and smart HTTP through git's own backend."""

import os
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import processes

# Nobody's own settings have a say.
ENVIRONMENT = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}


def git(*arguments, cwd=None):
    result = subprocess.run(["git", *arguments], cwd=cwd, env=ENVIRONMENT, capture_output=True, text=True, timeout=300)
    if result.returncode != 0:
        raise processes.Failure(f"git {' '.join(arguments)}: {result.stderr}")
    return result.stdout.strip()


class Repository:
    """A bare repository `<folder>/<name>.git` and a work tree that pushes to it."""

    def __init__(self, folder, name, files):
        self.name = name
        self.bare = Path(folder) / f"{name}.git"
        self.work = Path(folder) / f"{name}.work"
        self.commits = 0
        git("init", "--quiet", "--bare", "--initial-branch=main", str(self.bare))
        git("init", "--quiet", "--initial-branch=main", str(self.work))
        for key, value in {"user.name": "Bench", "user.email": "bench@example.org", "gc.auto": "0"}.items():
            git("config", key, value, cwd=self.work)
        git("remote", "add", "origin", str(self.bare), cwd=self.work)
        for number in range(files):
            file = self.work / f"part{number % 40}" / f"file{number}.c"
            file.parent.mkdir(exist_ok=True)
            file.write_text("".join(f"int value_{number}_{line} = {line * number};\n" for line in range(80)))
        git("add", ".", cwd=self.work)

    def push(self, branch="main"):
        """Changes one file and pushes the commit to a branch: its id."""
        self.commits += 1
        (self.work / "changed.txt").write_text(f"change {self.commits}\n")
        git("add", ".", cwd=self.work)
        git("commit", "--quiet", "--message", f"Change {self.commits}", cwd=self.work)
        git("push", "--quiet", "origin", f"HEAD:refs/heads/{branch}", cwd=self.work)
        return git("rev-parse", "HEAD", cwd=self.work)


def start_git_daemon(folder, log):
    """git:// for every repository in `folder`: the address of the folder."""
    port = processes.free_port()
    process = processes.start(
        ["git", "daemon", "--listen=127.0.0.1", f"--port={port}", f"--base-path={folder}", "--export-all", "--reuseaddr"],
        log, env=ENVIRONMENT)
    processes.wait_for_port(port, process, log)
    return f"git://127.0.0.1:{port}"


def start_smart_http(folder):
    """http:// for every repository in `folder`, read-only: the address of the folder."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (SmartHTTP,), {"folder": str(folder)}))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_address[1]}"


class SmartHTTP(BaseHTTPRequestHandler):
    """Runs git-http-backend(1) for each request, as web servers do (CGI, RFC 3875)."""

    protocol_version = "HTTP/1.1"
    # Without this every answer would wait for the client's delayed acknowledgement.
    disable_nagle_algorithm = True
    wbufsize = -1
    folder = ""

    def do_GET(self):
        self.answer(b"")

    def do_POST(self):
        self.answer(self.body())

    def body(self):
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        chunks = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def answer(self, body):
        path, _, query = self.path.partition("?")
        environment = {
            **ENVIRONMENT, "GIT_PROJECT_ROOT": self.folder, "GIT_HTTP_EXPORT_ALL": "1", "REQUEST_METHOD": self.command,
            "PATH_INFO": path, "QUERY_STRING": query, "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)), "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""), "REMOTE_ADDR": "127.0.0.1",
        }
        result = subprocess.run(["git", "http-backend"], input=body, env=environment, capture_output=True, timeout=60)
        head, _, content = result.stdout.partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
        self.send_response(int(fields.pop("Status", "200").split()[0]))
        for name, value in fields.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments):
        pass
