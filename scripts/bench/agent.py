"""The agent under measurement, in a scratch area of its own."""

import http.client
import json
import os
import socket
import subprocess
import time
from pathlib import Path

import github
import processes


class Agent:
    """`pushrod serve` with the given pipelines (file name to text)."""

    def __init__(self, binaries, area, pipelines, settings=""):
        self.program = os.path.join(binaries, "pushrod")
        self.runner = os.path.join(binaries, "pushrod-runner")
        self.area = Path(area)
        self.log = self.area / "agent.log"
        self.data = self.area / "data"
        self.port = processes.free_port()
        self.process = None
        (self.area / "pipelines").mkdir(parents=True)
        for name, text in pipelines.items():
            (self.area / "pipelines" / name).write_text(text)
        secret = self.area / "secret"
        secret.write_text(github.SECRET)
        secret.chmod(0o600)
        (self.area / "pushrod.yml").write_text(
            f"listen: 127.0.0.1:{self.port}\n"
            "data: data\nsocket: agent.sock\npipelines: pipelines\n"
            "sources:\n  github: { sender: github, secrets: [{ file: secret }] }\n"
            "remotes: { schemes: [https, ssh, git, file, http] }\n" + settings)

    def start(self):
        """Seconds from the start of the process to the first healthy answer."""
        begin = time.perf_counter()
        self.process = processes.start(
            [self.program, "serve", "--config", str(self.area / "pushrod.yml")], self.log,
            env={"PUSHROD_RUNNER": self.runner})
        processes.wait_until("a healthy agent", self._is_healthy, seconds=30, pause=0.0005)
        elapsed = time.perf_counter() - begin
        # Deliveries may come in a moment before people may ask.
        processes.wait_until("the agent's socket", self._is_open, seconds=30)
        return elapsed

    def stop(self):
        processes.end(self.process, seconds=15)

    def _is_open(self):
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(self.area / "agent.sock")) == 0

    def _is_healthy(self):
        if self.process.poll() is not None:
            raise processes.Failure(f"the agent ended at once; it said: {self.log.read_text()[-2000:]}")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def ask(self, *arguments):
        """What a command of the command line prints as JSON."""
        result = subprocess.run(
            [self.program, *arguments, "--json"], env={**os.environ, "PUSHROD_SOCKET": str(self.area / "agent.sock")},
            capture_output=True, text=True, timeout=30)
        if result.returncode != 0:
            raise processes.Failure(f"pushrod {' '.join(arguments)}: {result.stderr}")
        return json.loads(result.stdout)

    def push(self, repository, commit, branch="main"):
        """Posts a push that must start a run: the number of the first."""
        body = github.push_body(repository, commit, ref=f"refs/heads/{branch}")
        status, answer = github.post(self.port, "/webhook/github", body)
        runs = json.loads(answer).get("runs") if status == 202 else None
        if not runs:
            raise processes.Failure(f"the push started nothing: {status} {answer}")
        return runs[0]

    def run_directory(self, number):
        return self.data / "runs" / str(number)

    def events(self, number):
        try:
            text = (self.run_directory(number) / "events.jsonl").read_text()
        except FileNotFoundError:
            return []
        return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]

    def wait_for_end(self, number, seconds=120, pause=0.01):
        """The events of a run that must succeed."""
        def finished():
            events = self.events(number)
            return events if events and events[-1]["event"] == "run_finished" else None

        events = processes.wait_until(f"the end of run {number}", finished, seconds, pause)
        if events[-1]["run_state"] != "succeeded":
            raise processes.Failure(f"run {number} ended as {events[-1]}")
        return events

    def settled(self):
        """Waits until the agent has recorded the end of every run."""
        def idle():
            runs = self.ask("runs")
            runs = runs["runs"] if isinstance(runs, dict) else runs
            return all(run["state"] not in ("queued", "running") for run in runs)

        processes.wait_until("an idle agent", idle, pause=0.05)
