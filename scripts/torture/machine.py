"""One machine under torture: an agent and its runners on data of their own, and what can happen to them."""

import json
import mmap
import os
import signal
import subprocess
import time
from pathlib import Path

import processes

SECRET = "a secret of the torture run"

# What a fault of the disk is to the shim (powerloss.c).
DISK_WELL, DISK_FAILS_TO_SYNC, DISK_FULL = 0, 1, 2


class Machine:
    """`pushrod serve` with the given pipelines (file name to text), in the folder `area`."""

    def __init__(self, binaries, shim, area, pipelines):
        self.program = os.path.join(binaries, "pushrod")
        self.area = Path(area)
        self.data = self.area / "data"
        self.shadow = self.area / "on-disk"
        self.log = self.area / "agent.log"
        self.port = processes.free_port()
        self.process = None
        for folder in ("pipelines", "data", "on-disk", "locks"):
            (self.area / folder).mkdir(parents=True)
        for name, text in pipelines.items():
            (self.area / "pipelines" / name).write_text(text)
        secret = self.area / "secret"
        secret.write_text(SECRET)
        secret.chmod(0o600)
        (self.area / "fault").write_bytes(bytes(4))
        with open(self.area / "fault", "r+b") as file:
            self.fault = mmap.mmap(file.fileno(), 4)
        self.environment = {
            "LD_PRELOAD": str(shim), "TORTURE_ROOT": str(self.data), "TORTURE_SHADOW": str(self.shadow),
            "TORTURE_FAULT": str(self.area / "fault"),
        }
        self.runner = self.area / "runner"
        settings = " ".join(f"{key}='{value}'" for key, value in self.environment.items())
        self.runner.write_text(f"#!/bin/sh\n{settings} exec '{binaries}/pushrod-runner' \"$@\"\n")
        self.runner.chmod(0o755)
        (self.area / "pushrod.yml").write_text(
            f"listen: 127.0.0.1:{self.port}\n"
            "data: data\nsocket: agent.sock\npipelines: pipelines\n"
            "sources:\n  github: { sender: github, secrets: [{ file: secret }] }\n"
            "remotes: { schemes: [file] }\n")

    # What people do

    def start(self, wait=True):
        self.process = processes.start(
            [self.program, "serve", "--config", str(self.area / "pushrod.yml")], self.log,
            env={**self.environment, "PUSHROD_RUNNER": str(self.runner)})
        if wait:
            processes.wait_until("an agent that answers", self.answers, seconds=60, pause=0.005)

    def answers(self):
        if self.process.poll() is not None:
            raise processes.Failure(f"the agent ended by itself ({self.process.returncode}):\n{self.last_words()}")
        return self.command("runs", "--json").returncode == 0

    def command(self, *arguments):
        return subprocess.run(
            [self.program, *arguments], env={**os.environ, "PUSHROD_SOCKET": str(self.area / "agent.sock")},
            capture_output=True, text=True, timeout=60)

    def runs(self):
        """Every run that the agent knows, by number."""
        known, before = {}, []
        while True:
            result = self.command("runs", "--json", "--limit", "500", *before)
            if result.returncode != 0:
                raise processes.Failure(f"pushrod runs: {result.stderr}")
            page = json.loads(result.stdout)["runs"]
            known.update((run["number"], run) for run in page)
            if len(page) < 500:
                return known
            before = ["--before", str(page[-1]["number"])]

    def stop(self, seconds=20):
        """SIGTERM. Runs go on."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise processes.Failure(f"the agent did not stop within {seconds} s") from None

    # What happens to machines

    def kill_agent(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def kill_runners(self, random, at_most):
        """kill -9 of so many processes of runners, chosen at random: how many there were."""
        found = self.pids_of("pushrod-runner")
        chosen = random.sample(found, min(at_most, len(found)))
        self.signal(chosen, signal.SIGKILL)
        return len(chosen)

    def lose_power(self, random):
        """Everything dies at once, and of what was not brought to the disk, some is gone."""
        # Nothing may go on between the first death and the last; what was started meanwhile is stopped as well.
        stopped = set()
        while found := set(self.everything()) - stopped:
            self.signal(found, signal.SIGSTOP)
            stopped |= found
        self.signal(stopped, signal.SIGKILL)
        self.process.wait()
        processes.wait_until("the end of all processes", lambda: not self.everything(), pause=0.01)
        for folder, _, files in os.walk(self.data):
            for name in files:
                file = Path(folder) / name
                if file.is_file() and not file.is_symlink():
                    self.forget_some(file, self.shadow / file.relative_to(self.data), random)
        self.set_fault(DISK_WELL)

    @staticmethod
    def forget_some(file, copy, random):
        """What a file is after a power cut: as it was last brought to the disk, or something up to what it was at last."""
        now = file.read_bytes()
        before = copy.read_bytes() if copy.is_file() else None
        if before == now:
            return
        chance = random.random()
        if chance < 0.4:
            return
        if before is None:
            if chance < 0.7:
                file.unlink()
            else:
                file.write_bytes(now[:random.randrange(len(now) + 1)])
        elif chance > 0.8 and now.startswith(before):
            file.write_bytes(now[:random.randrange(len(before), len(now) + 1)])
        else:
            file.write_bytes(before)

    def set_fault(self, fault):
        self.fault[:] = fault.to_bytes(4, "little")

    # What can be seen from outside

    def everything(self):
        """Agent, runners and whatever steps have started."""
        mark = f"TORTURE_AREA={self.area}".encode()
        root = f"TORTURE_ROOT={self.data}".encode()
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                environment = (entry / "environ").read_bytes().split(b"\0")
                if (mark in environment or root in environment) and int(entry.name) != os.getpid():
                    if (entry / "stat").read_text().rsplit(")", 1)[1].split()[0] != "Z":
                        found.append(int(entry.name))
            except (OSError, IndexError):
                continue
        return found

    def pids_of(self, program):
        found = []
        for pid in self.everything():
            try:
                if os.path.basename(os.readlink(f"/proc/{pid}/exe")).startswith(program):
                    found.append(pid)
            except OSError:
                continue
        return found

    def has_ended(self):
        return self.process.poll() is not None

    def kill_everything(self):
        self.signal(self.everything(), signal.SIGKILL)

    @staticmethod
    def signal(pids, number):
        for pid in pids:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass

    def last_words(self):
        return self.log.read_text(errors="replace")[-3000:] if self.log.exists() else ""


def pause(seconds):
    time.sleep(seconds)
