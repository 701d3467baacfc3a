"""What it costs to have Pushrod: memory when idle, and the time that agent and runner take to start."""

import json
import os
import shutil
import statistics
import subprocess
import time

import processes
import repositories
from agent import Agent

STARTS = 11


def measure(binaries, area, table):
    repository = repositories.Repository(area, "shop", 3)
    url = f"file://{repository.bare}"
    agent = Agent(binaries, area / "agent", {"shop.yml": (
        f"name: shop\nrepo: {url}\non: {{ push: {{ branches: [main] }} }}\nsteps: [\"true\"]\n")})
    starts = []
    for _ in range(STARTS):
        starts.append(agent.start() * 1000)
        agent.stop()
    table.add_bound("start of the agent, until it is healthy", statistics.median(starts), "ms", at_most=50)

    agent.start()
    run = agent.push(url, repository.push())
    agent.wait_for_end(run)
    agent.settled()
    # Idle is what is left when nothing has been asked for a while.
    time.sleep(3)
    private = processes.private_memory(agent.process.pid) / (1 << 20)
    table.add_bound("private memory of the idle agent, after a run", private, "MB", at_most=10)
    agent.stop()

    version = statistics.median(milliseconds([agent.runner, "--version"]) for _ in range(STARTS * 3))
    table.add_bound("start of the runner (--version)", version, "ms", at_most=6)
    first = statistics.median(until_first_event(agent, run, number) for number in range(STARTS))
    table.add("  from its handover to its first event", f"{first:.1f} ms")


def milliseconds(argv):
    """From the start of a process to its end, without the price of Python's subprocess module."""
    actions = [(os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)]
    begin = time.perf_counter()
    pid = os.posix_spawn(argv[0], argv, os.environ, file_actions=actions)
    _, status = os.waitpid(pid, 0)
    elapsed = (time.perf_counter() - begin) * 1000
    if status != 0:
        raise processes.Failure(f"{' '.join(argv)} ended with status {status}")
    return elapsed


def until_first_event(agent, run, number):
    """Starts a runner by hand on a copy of a run directory that has nothing but its spec."""
    directory = agent.data / "runs" / f"{1000 + number}"
    directory.mkdir()
    shutil.copy(agent.run_directory(run) / "spec.json", directory / "spec.json")
    handover = json.dumps({"directory": str(directory), "secrets": {}, "credentials": []}) + "\n"
    events = directory / "events.jsonl"
    begin = time.perf_counter()
    runner = subprocess.Popen([agent.runner], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True)
    runner.stdin.write(handover.encode())
    runner.stdin.close()
    processes.wait_until(
        "the runner's first event", lambda: events.exists() and events.stat().st_size > 0, seconds=20, pause=0.0002)
    elapsed = (time.perf_counter() - begin) * 1000
    if runner.wait(60) != 0:
        raise processes.Failure(f"the runner ended with status {runner.returncode}")
    return elapsed
