"""What a long memory costs: an agent that comes back to old and living runs, listings of a full store, a long queue.

The peer is the same agent with next to nothing in its store, in the same run.
"""

import http.client
import json
import socket
import sqlite3
import statistics
import time

import github
import processes
import repositories
from agent import Agent

OLD, LIVE, STORED, QUEUED = 1_000, 50, 100_000, 10_000
LISTINGS = 400
ROUNDS = 5


def measure(binaries, area, table):
    repository = repositories.Repository(area, "shop", 3)
    repository.push()
    url = f"file://{repository.bare}"
    measure_starts(binaries, area, url, table)
    measure_listings(binaries, area, url, table)
    measure_queue(binaries, area, repository, url, table)


def measure_starts(binaries, area, url, table):
    pipelines = {f"live-{number}.yml": pipeline(f"live-{number}", url, "sleep 300") for number in range(LIVE)}
    agent = Agent(binaries, area / "starts", pipelines, settings=f"runs: {{ parallel: {LIVE + 10} }}\n")
    empty = statistics.median(restarted(agent) for _ in range(ROUNDS))
    agent.start()
    for number in range(LIVE):
        run(agent, f"live-{number}")
    processes.wait_until("living runs", lambda: len(running_steps(agent)) == LIVE, seconds=120, pause=0.05)
    # An old run of every pipeline, and their directories: what retention leaves.
    agent.stop()
    with Filling(agent) as store:
        store.copy_runs(OLD, state="succeeded", spread=10)
    times = [taken_up(agent) for _ in range(ROUNDS)]
    table.add_ratio(
        f"agent start until {LIVE} living runs are taken up", statistics.median(times) * 1000, empty * 1000, "ms")
    table.add(f"  with {OLD} old runs; the peer is a start with none", "")
    for pid in runners(agent):
        processes.kill(pid)
    agent.stop()


def measure_listings(binaries, area, url, table):
    # Nothing is removed meanwhile.
    agent = Agent(
        binaries, area / "listings", {"shop.yml": pipeline("shop", url, "true")},
        settings="runs: { keep: { runs: 1000000, days: 3650, size: 1T } }\ninbox: { keep: 1000000, age: 3650d }\n")
    agent.start()
    agent.wait_for_end(run(agent, "shop"))
    post_ping(agent)
    agent.settled()
    few = {path: percentile(agent, path) for path in ("/api/runs?limit=50", "/api/deliveries?limit=50")}
    agent.stop()
    with Filling(agent) as store:
        store.copy_runs(STORED, state="succeeded", spread=10, directories=False)
        store.copy_deliveries(STORED)
    agent.start()
    for path, before in few.items():
        noun = path.split("?")[0].removeprefix("/api/")
        table.add_ratio(
            f"listing {STORED:,} {noun}, 99th percentile", percentile(agent, path) * 1000, before * 1000, "ms", digits=1)
    agent.stop()


def measure_queue(binaries, area, repository, url, table):
    stamps = area / "stamps"
    agent = Agent(binaries, area / "queue", {
        "shop.yml": pipeline("shop", url, f"date +%s%N >>{stamps}"), "busy.yml": pipeline("busy", url, "sleep 300")})
    agent.start()
    run(agent, "busy")
    before = statistics.median(first_steps(agent, repository, url, stamps))
    agent.stop()
    with Filling(agent) as store:
        store.copy_runs(QUEUED, state="queued", spread=1, directories=False)
    agent.start()
    after = statistics.median(first_steps(agent, repository, url, stamps))
    table.add_ratio(f"push → first step, {QUEUED:,} runs queued", after, before, "ms")
    for pid in runners(agent):
        processes.kill(pid)
    agent.stop()


def pipeline(name, url, script):
    return (
        f"name: {name}\nrepo: {url}\non: {{ push: {{ branches: [main] }}, manual: true }}\n"
        f"steps:\n  - name: step\n    run: {script}\n")


def run(agent, name):
    """The number of a run started by hand."""
    connection = SocketConnection(str(agent.area / "agent.sock"))
    connection.request("POST", "/api/runs", json.dumps({"pipeline": name}), {"Content-Type": "application/json"})
    response = connection.getresponse()
    answer = response.read().decode()
    connection.close()
    if response.status != 201:
        raise processes.Failure(f"the run was answered {response.status} {answer}")
    return json.loads(answer)["number"]


def running_steps(agent):
    def is_running(number):
        return any(event["event"] == "step_started" and event["name"] == "step" for event in agent.events(number))

    return [number for number in range(1, LIVE + 1) if is_running(number)]


def restarted(agent):
    seconds = agent.start()
    agent.stop()
    return seconds


def taken_up(agent):
    """Seconds from the start of the agent until it has taken up every living run; kill -9 ends it, as a crash would."""
    seen = agent.log.read_text(errors="replace").count("event=run_taken_up") if agent.log.exists() else 0
    begin = time.perf_counter()
    agent.start()
    processes.wait_until(
        "runs taken up", lambda: agent.log.read_text(errors="replace").count("event=run_taken_up") >= seen + LIVE,
        pause=0.001)
    elapsed = time.perf_counter() - begin
    agent.process.kill()
    agent.process.wait()
    return elapsed


def runners(agent):
    """The runners of the runs that still go on: their ids, by what they recorded themselves."""
    found = []
    for directory in (agent.data / "runs").iterdir():
        events = agent.events(directory.name)
        if events and events[0].get("pid") and events[-1]["event"] != "run_finished":
            found.append(events[0]["pid"])
    return found


def first_steps(agent, repository, url, stamps):
    times = []
    for _ in range(ROUNDS):
        known = len(lines(stamps))
        sent = time.time_ns()
        agent.push(url, repository.push())
        stamp = processes.wait_until("the first step", lambda: len(lines(stamps)) > known and lines(stamps)[known])
        times.append((int(stamp) - sent) / 1e6)
    return times


def lines(file):
    return file.read_text().splitlines() if file.exists() else []


def post_ping(agent):
    status, answer = github.post(agent.port, "/webhook/github", b'{"zen":"x","hook_id":1}', event="ping")
    if status != 200:
        raise processes.Failure(f"the ping was answered {status} {answer}")


def percentile(agent, path):
    """The 99th percentile of the seconds that a listing takes, over one connection."""
    connection = SocketConnection(str(agent.area / "agent.sock"))
    times = []
    for _ in range(LISTINGS):
        begin = time.perf_counter()
        connection.request("GET", path)
        response = connection.getresponse()
        response.read()
        times.append(time.perf_counter() - begin)
        if response.status != 200:
            raise processes.Failure(f"{path} was answered {response.status}")
    connection.close()
    return sorted(times)[int(len(times) * 0.99)]


class SocketConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=30)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Filling:
    """The store of a stopped agent, filled with copies of what it holds already, whatever columns there are."""

    def __init__(self, agent):
        self.agent = agent

    def __enter__(self):
        self.database = sqlite3.connect(self.agent.data / "pushrod.db")
        self.database.row_factory = sqlite3.Row
        return self

    def __exit__(self, *_):
        self.database.commit()
        self.database.close()

    def copy_runs(self, count, state, spread, directories=True):
        """Of `spread` pipelines, so that each has no more than retention would leave."""
        template = dict(self.database.execute("SELECT * FROM runs ORDER BY number LIMIT 1").fetchone())
        first = self.database.execute("SELECT max(number) FROM runs").fetchone()[0] + 1
        ended = None if state == "queued" else template["queued_at"] + 1
        rows = []
        for number in range(first, first + count):
            name = template["pipeline"] if spread == 1 else f"old-{number % spread}"
            rows.append(dict(
                template, number=number, state=state, pipeline=name, started_at=ended, finished_at=ended, delivery=None,
                concurrency_group=template["concurrency_group"] if spread == 1 else name))
            if directories:
                (self.agent.data / "runs" / str(number)).mkdir(exist_ok=True)
        self._insert("runs", rows)

    def copy_deliveries(self, count):
        template = dict(self.database.execute("SELECT * FROM deliveries ORDER BY number LIMIT 1").fetchone())
        first = self.database.execute("SELECT max(number) FROM deliveries").fetchone()[0] + 1
        self._insert("deliveries", [
            dict(template, number=number, id=f"copy-{number}") for number in range(first, first + count)])

    def _insert(self, table, rows):
        names = list(rows[0])
        self.database.executemany(
            f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})",
            [tuple(row[name] for name in names) for row in rows])
