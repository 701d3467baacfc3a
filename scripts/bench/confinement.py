"""What a step costs that is kept in its place, beside the same step that is not."""

import statistics

import repositories
from agent import Agent

STEPS = 20
ROUNDS = 5
KINDS = {
    "plain": "",
    "limits": "limits: { memory: 1G, processes: 1000, log: 100M }\n",
    "sandbox": "sandbox: true\n",
    "tty": "",
}


def measure(binaries, area, table):
    repository = repositories.Repository(area, "confinement", 3)
    url = f"file://{repository.bare}"
    agent = Agent(binaries, area / "agent", {f"{kind}.yml": pipeline(kind, url) for kind in KINDS})
    agent.start()
    walls = {kind: [] for kind in KINDS}
    # By turns, so that what else the machine does falls on all of them.
    for _ in range(ROUNDS):
        for kind in KINDS:
            run = agent.push(url, repository.push(kind), kind)
            events = agent.wait_for_end(run)
            steps = [event for event in events if event["event"] == "step_finished" and event["step"] > 0]
            walls[kind].append(sum(step["usage"]["wall"] for step in steps) / STEPS * 1000)
    agent.stop()
    plain = statistics.median(walls["plain"])
    for kind in list(KINDS)[1:]:
        table.add_ratio(f"a step with {kind}, beside one without", statistics.median(walls[kind]), plain, "ms", digits=1)


def pipeline(kind, url):
    extra = "\n    tty: true" if kind == "tty" else ""
    steps = "".join(f"  - name: step {number}\n    run: ':'{extra}\n" for number in range(STEPS))
    return f"repo: {url}\non: {{ push: {{ branches: [{kind}] }} }}\n{KINDS[kind]}steps:\n{steps}"
