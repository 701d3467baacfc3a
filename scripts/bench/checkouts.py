"""Checking out a one-commit change in a warm workspace of some thousand files, beside the git command line.

Pushrod's workspace is the commit's tree and nothing else afterwards, whatever steps left there. `git checkout --force` leaves
files that Git does not know, so the same result takes `git clean` as well; the first of the two alone is shown beside it.
"""

import re
import statistics
import time

import processes
import repositories
from agent import Agent

FILES = 4800
CHANGES = 10


def measure(binaries, area, table):
    repository = repositories.Repository(area, "large", FILES)
    url = f"file://{repository.bare}"
    agent = Agent(binaries, area / "agent", {"large.yml": (
        f"name: large\nrepo: {url}\non: {{ push: {{ branches: [main] }} }}\nsteps: [\"true\"]\n")})
    agent.start()
    clone = area / "clone"
    ours, checkout, clean = [], [], []
    for number in range(CHANGES + 1):
        commit = repository.push()
        run = agent.push(url, commit)
        agent.wait_for_end(run)
        ours.append(checkout_time(agent, run))
        if number == 0:
            repositories.git("clone", "--quiet", url, str(clone))
            continue
        repositories.git("fetch", "--quiet", "origin", "main", cwd=clone)
        checkout.append(timed("checkout", "--quiet", "--force", commit, cwd=clone))
        clean.append(checkout[-1] + timed("clean", "-ffdx", "--quiet", cwd=clone))
    agent.stop()
    mine = statistics.median(ours[1:])
    table.add_ratio(f"exact checkout of one commit, {FILES} files", mine, statistics.median(clean), "ms", at_most=0.7)
    table.add_ratio("  beside git checkout --force without clean", mine, statistics.median(checkout), "ms")


def timed(*arguments, cwd):
    """Milliseconds of a git command."""
    begin = time.perf_counter()
    repositories.git(*arguments, cwd=cwd)
    return (time.perf_counter() - begin) * 1000


def checkout_time(agent, run):
    """Milliseconds, as the log of the `fetch` step says."""
    logs = list(agent.run_directory(run).glob("00-*.log"))
    text = logs[0].read_text() if logs else ""
    match = re.search(r"^checked out \d+ files.* in ([0-9.]+) (ms|s)$", text, re.MULTILINE)
    if not match:
        raise processes.Failure(f"the fetch step does not say how long the checkout took: {text!r}")
    return float(match.group(1)) * (1000 if match.group(2) == "s" else 1)
