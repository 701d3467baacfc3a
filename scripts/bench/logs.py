"""A step that writes a large log, beside `cat > file`, with the peak memory of agent and runner."""

import base64
import os
import statistics
import subprocess
import time

import processes
import repositories
from agent import Agent

MEGABYTE = 1 << 20
# Size, and how often each side is measured.
SIZES = {256: 5, 1024: 3}
# The size that is measured with secrets to look for as well.
MASKED = 256


def measure(binaries, area, table):
    repository = repositories.Repository(area, "logs", 3)
    url = f"file://{repository.bare}"
    sources = {size: write_log(area / f"{size}.txt", size) for size in SIZES}
    # One pipeline for each size, chosen by the branch, and one that has secrets to look for.
    commands = {0: "sleep 0.5", **{size: f"cat {file}" for size, file in sources.items()}, "masked": f"cat {sources[MASKED]}"}
    secrets = write_secrets(area / "agent")
    agent = Agent(binaries, area / "agent", {
        f"log{size}.yml": f"repo: {url}\non: {{ push: {{ branches: [log{size}] }} }}\n"
        + (f"secrets: [{', '.join(secrets)}]\n" if size == "masked" else "") + f"steps:\n  - run: {command}\n"
        for size, command in commands.items()},
        settings="secrets:\n" + "".join(f"  {name}: {{ file: {file} }}\n" for name, file in secrets.items()))
    agent.start()
    small = run_with_log(agent, repository, url, 0)
    for size, source in sources.items():
        ours, peer = [], []
        for _ in range(SIZES[size]):
            begin = time.perf_counter()
            subprocess.run(f"cat {source} | cat >{area}/copy", shell=True, check=True, timeout=300)
            peer.append(time.perf_counter() - begin)
            (area / "copy").unlink()
            ours.append(run_with_log(agent, repository, url, size))
            if ours[-1]["log_bytes"] != source.stat().st_size:
                raise processes.Failure(f"the log has {ours[-1]['log_bytes']} bytes of {source.stat().st_size}")
        table.add_ratio(
            f"log of {size} MB", statistics.median(run["wall"] for run in ours), statistics.median(peer), "s",
            at_most=1.1, digits=2)
        for process in ("runner", "agent"):
            growth = (max(run[process] for run in ours) - small[process]) / MEGABYTE
            table.add_bound(f"  growth of the {process}'s peak memory", growth, "MB", at_most=8)
    measure_masked(agent, repository, url, table)
    agent.stop()


def measure_masked(agent, repository, url, table):
    """The same log by turns with and without secrets to look for in it."""
    walls = {"masked": [], MASKED: []}
    for _ in range(SIZES[MASKED]):
        for kind, seconds in walls.items():
            seconds.append(run_with_log(agent, repository, url, kind)["wall"])
    table.add_ratio(
        f"log of {MASKED} MB, masked, beside the same unmasked", *(statistics.median(walls[kind]) for kind in walls), "s",
        at_most=1.5, digits=2)


def write_secrets(folder):
    """A password, a token and a private key: names and files."""
    folder.mkdir()
    key = "".join(base64.b64encode(os.urandom(48)).decode() + "\n" for _ in range(25))
    values = {
        "PASSWORD": "s3cr3t-1", "TOKEN": "ghp_" + os.urandom(18).hex(),
        "KEY": f"-----BEGIN PRIVATE KEY-----\n{key}-----END PRIVATE KEY-----\n"}
    for name, value in values.items():
        (folder / name).touch(mode=0o600)
        (folder / name).write_text(value)
    return {name: folder / name for name in values}


def write_log(file, megabytes):
    """Lines as builds write them."""
    block = b"".join(b"[%6d] compiling source file number %d with the usual flags\n" % (n, n * 7) for n in range(20000))
    left = megabytes * MEGABYTE
    with open(file, "wb") as output:
        while left > 0:
            output.write(block[:left])
            left -= len(block)
    return file


def run_with_log(agent, repository, url, size):
    """One run: the step's seconds and bytes, and the peak memory of runner and agent."""
    branch = f"log{size}"
    run = agent.push(url, repository.push(branch), branch)
    started = processes.wait_until("the runner", lambda: agent.events(run))[0]
    # A runner is two processes: the one that works, and above it the one that cleans up should it be killed.
    with processes.PeakMemory(started["pid"], processes.parent(started["pid"])) as memory:
        events = agent.wait_for_end(run, seconds=200)
    if not all(memory.peaks.values()):
        raise processes.Failure(f"the memory of run {run}'s runner could not be read: {memory.peaks}")
    agent.settled()
    step = [event for event in events if event["event"] == "step_finished"][-1]
    return {
        "runner": sum(memory.peaks.values()), "agent": processes.peak_memory(agent.process.pid),
        "wall": step["usage"]["wall"], "log_bytes": step["usage"]["log_bytes"]}
