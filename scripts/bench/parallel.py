"""A run of many steps at once, beside `xargs -P`: its time, and the memory of its runner and of what keeps watch over steps."""

import statistics
import subprocess
import time
from datetime import datetime

import processes
import repositories
from agent import Agent

STEPS, WIDTH, LINES = 200, 200, 5_000
ROUNDS = 3
MEGABYTE = 1 << 20
SCRIPT = f"seq {LINES}"


def measure(binaries, area, table):
    repository = repositories.Repository(area, "parallel", 3)
    url = f"file://{repository.bare}"
    agent = Agent(binaries, area / "agent", {
        "one.yml": pipeline("one", url, 1, "sleep 0.2"), "many.yml": pipeline("many", url, STEPS, SCRIPT),
        "waiting.yml": pipeline("waiting", url, WIDTH, "sleep 3")})
    agent.start()
    small = run(agent, repository, url, "one")
    ours, peer = [], []
    for _ in range(ROUNDS):
        ours.append(run(agent, repository, url, "many"))
        begin = time.perf_counter()
        subprocess.run(
            f"seq {STEPS} | xargs -P {WIDTH} -I@ sh -euc '{SCRIPT} >{area}/out-@'", shell=True, check=True, timeout=300)
        peer.append(time.perf_counter() - begin)
    waiting = run(agent, repository, url, "waiting")
    agent.stop()
    table.add_ratio(
        f"{STEPS} steps, {WIDTH} at once, {STEPS * LINES:,} lines", statistics.median(one["wall"] for one in ours),
        statistics.median(peer), "s", digits=2)
    growth = (max(one["runner"] for one in ours) - small["runner"]) / MEGABYTE
    table.add_bound("  growth of the runner's peak memory", growth, "MB", at_most=8)
    if len(waiting["keepers"]) < WIDTH:
        raise processes.Failure(f"{len(waiting['keepers'])} of {WIDTH} steps were seen at the same time")
    keeper = statistics.median(waiting["keepers"]) / MEGABYTE
    table.add_bound(f"  private memory for each of {WIDTH} steps under way", keeper, "MB", at_most=1)


def pipeline(name, url, steps, script):
    lines = "".join(f"  - {{ name: step {number}, needs: [], run: {script} }}\n" for number in range(steps))
    return f"repo: {url}\non: {{ push: {{ branches: [{name}] }} }}\nparallel: {WIDTH}\nsteps:\n{lines}"


def run(agent, repository, url, branch):
    """One run: seconds of its steps, peak memory of its runner, and the private memory of the processes below that."""
    number = agent.push(url, repository.push(branch), branch)
    started = processes.wait_until("the runner", lambda: agent.events(number))[0]
    with processes.PeakMemory(started["pid"], children=True) as memory:
        events = agent.wait_for_end(number, seconds=200)
    agent.settled()
    steps = [event for event in events if event.get("step", 0) > 0]
    first, last = (datetime.fromisoformat(event["at"].replace("Z", "+00:00")) for event in (steps[0], steps[-1]))
    return {"wall": (last - first).total_seconds(), "runner": max(memory.peaks.values()), "keepers": memory.children}
