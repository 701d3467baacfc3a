"""Senders that keep a history of their own: what they pushed, what they posted, and what they were answered."""

import hashlib
import hmac
import http.client
import json
import subprocess
import threading
import uuid

import machine
import processes

BRANCH = "refs/heads/main"


def make_repository(folder, name, commits):
    """A bare repository with a chain of commits that no ref shows yet; their ids, oldest first."""
    path = folder / f"{name}.git"
    git("init", "--quiet", "--bare", "--initial-branch=main", str(path))
    script = []
    for number in range(1, commits + 1):
        script.append(
            f"commit refs/hidden/all\nmark :{number}\ncommitter Ann <ann@example.org> {1_700_000_000 + number} +0000\n"
            f"data <<END\nChange {number}\nEND\nM 644 inline number\ndata <<END\n{number}\nEND\n"
            f"M 644 inline folder/{number}.txt\ndata <<END\n{'x' * number}\nEND\n")
    git("fast-import", "--quiet", cwd=path, given="\n".join(script) + "\ndone\n")
    ids = git("rev-list", "--reverse", "refs/hidden/all", cwd=path).split()
    git("update-ref", BRANCH, ids[0], cwd=path)
    return path, ids


def git(*arguments, cwd=None, given=None):
    result = subprocess.run(
        ["git", *arguments], cwd=cwd, input=given, capture_output=True, text=True, timeout=60,
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null"})
    if result.returncode != 0:
        raise processes.Failure(f"git {' '.join(arguments)}: {result.stderr}")
    return result.stdout.strip()


class Delivery:
    """One delivery and every answer to it; `None` is an attempt that was not answered."""

    def __init__(self, number, commit, body, identity):
        self.number = number
        self.commit = commit
        self.body = body
        self.id = identity
        self.answers = []

    @property
    def is_acknowledged(self):
        return any(answer is not None and 200 <= answer[0] < 300 for answer in self.answers)


class Sender:
    """Pushes to one repository, in order, and posts what a forge would post, not always in order and not always once."""

    def __init__(self, name, repository, commits, port, random):
        self.name = name
        self.repository = repository
        self.commits = commits
        self.port = port
        self.random = random
        self.deliveries = []
        self.pushed = 0
        self.failure = None

    def start(self, pushes):
        thread = threading.Thread(target=self.work, args=(pushes,), daemon=True)
        thread.start()
        return thread

    def work(self, pushes):
        try:
            late = None
            for _ in range(pushes):
                machine.pause(self.random.uniform(0, 0.12))
                delivery = self.push()
                # Now and then a forge's delivery overtakes the one before it.
                if late is None and self.random.random() < 0.15:
                    late = delivery
                    continue
                self.post(delivery)
                if self.random.random() < 0.15:
                    self.post(delivery)
                if late is not None:
                    self.post(late)
                    late = None
            if late is not None:
                self.post(late)
        except Exception as error:  # told by the main thread
            self.failure = error

    def push(self):
        before, after = self.commits[self.pushed], self.commits[self.pushed + 1]
        self.pushed += 1
        git("update-ref", BRANCH, after, before, cwd=self.repository)
        url = f"file://{self.repository}"
        body = json.dumps({
            "ref": BRANCH, "before": before, "after": after, "created": False, "deleted": False, "forced": False,
            "repository": {"id": 1, "full_name": f"acme/{self.name}", "clone_url": url, "html_url": url},
            "pusher": {"name": "ann", "email": "ann@example.org"}, "commits": [],
            "head_commit": {"id": after, "message": f"Change {self.pushed + 1}"},
        }).encode()
        delivery = Delivery(self.pushed + 1, after, body, str(uuid.UUID(int=self.random.getrandbits(128))))
        self.deliveries.append(delivery)
        return delivery

    def post(self, delivery):
        signature = hmac.new(machine.SECRET.encode(), delivery.body, hashlib.sha256).hexdigest()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("POST", "/webhook/github", delivery.body, {
                "Content-Type": "application/json", "X-GitHub-Event": "push", "X-GitHub-Delivery": delivery.id,
                "X-Hub-Signature-256": f"sha256={signature}"})
            response = connection.getresponse()
            answer = (response.status, response.read().decode(errors="replace"))
        except (OSError, http.client.HTTPException):
            answer = None
        finally:
            connection.close()
        delivery.answers.append(answer)

    def post_again_what_was_not_acknowledged(self):
        """What a person does on the forge's page; with the same ids, as forges do it."""
        for delivery in self.deliveries:
            if not delivery.is_acknowledged:
                self.post(delivery)
