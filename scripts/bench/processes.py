"""Processes that a measurement started: ended by their own process group, and read through /proc."""

import os
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

_started = []


class Failure(Exception):
    """A measurement could not be made; the text says why."""


def start(argv, log, env=None, cwd=None):
    """Starts a server in a session of its own, with everything it says in the file `log`."""
    with open(log, "ab") as output:
        process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=cwd,
            env={**os.environ, **(env or {})}, start_new_session=True)
    _started.append(process)
    return process


def end(process, seconds=5):
    """TERM, then KILL, to the group that `start` made."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            return
        try:
            os.killpg(process.pid, number)
            process.wait(seconds)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            pass


def kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def end_all():
    for process in _started:
        end(process)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(what, condition, seconds=60, pause=0.005):
    """The first true value of `condition`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(pause)
    raise Failure(f"did not happen within {seconds} s: {what}")


def wait_for_port(port, process, log):
    def accepts():
        if process.poll() is not None:
            raise Failure(f"the server ended at once; it said: {Path(log).read_text(errors='replace')[-2000:]}")
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    wait_until(f"a server on port {port}", accepts)


def private_memory(pid):
    """Bytes that only this process has and that the system cannot drop and read again: what it costs to keep it.

    Clean pages of the program's own file are not counted; they are page cache, and go when memory is short.
    """
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Private_Dirty:"):
            return int(line.split()[1]) * 1024
    raise Failure(f"/proc/{pid}/smaps_rollup does not say how much memory is private")


def peak_memory(pid):
    """The most resident memory the process ever had, in bytes; 0 when it is gone."""
    return status(pid, "VmHWM") * 1024


class PeakMemory:
    """Watches the peak memory of processes until they have gone, and that of the children that the first one has."""

    def __init__(self, *pids, children=False):
        self.peaks = dict.fromkeys(pids, 0)
        # Private memory of the children that were alive at one look, of the look with most of them.
        self.children = []
        self._watches_children = children
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()

    def _watch(self):
        while not self._over.is_set():
            for pid in self.peaks:
                self.peaks[pid] = max(self.peaks[pid], peak_memory(pid))
            if self._watches_children:
                found = [memory for child in children(next(iter(self.peaks))) if (memory := private_memory_if_alive(child))]
                self.children = max(self.children, found, key=len)
            time.sleep(0.005)


def children(pid):
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def private_memory_if_alive(pid):
    try:
        return private_memory(pid)
    except (FileNotFoundError, ProcessLookupError, Failure):
        return 0


def parent(pid):
    return status(pid, "PPid")


def status(pid, field):
    """A number of /proc/PID/status; 0 when the process is gone."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(field + ":"):
                return int(line.split()[1])
    except (FileNotFoundError, ProcessLookupError):
        pass
    return 0
