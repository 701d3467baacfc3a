"""Acknowledged deliveries per second, beside Debian's `webhook` with the same HMAC rule.

Both verify the signature and compare the branch, and neither starts anything, so that the answer itself is measured. The
difference: Pushrod has each delivery on disk before it answers; webhook stores nothing.
"""

import json
import os
import re
import sqlite3
import statistics
import subprocess
import time
from pathlib import Path

import github
import processes
from agent import Agent

CONNECTIONS = {1: 0.6, 16: 1.0, 64: 1.0}
ROUNDS = 3
SECONDS = 3

PIPELINE = "repo: https://github.example/acme/shop.git\non: { push: { branches: [main] } }\nsteps: [\"true\"]\n"

# Each request has an id of its own; the body, and so its signature, is the same.
WRK = """
local file = assert(io.open("{body}", "rb"))
local body = file:read("*a")
file:close()
local headers = {{ {headers} }}
local count = 0
request = function()
  count = count + 1
  headers["X-GitHub-Delivery"] = "{prefix}-" .. count
  return wrk.format("POST", nil, headers, body)
end
done = function(summary, latency)
  local e = summary.errors
  io.write(string.format('RESULT {{"requests":%d,"microseconds":%d,"p99":%d,"errors":%d}}\\n',
    summary.requests, summary.duration, latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))
end
"""


def measure(binaries, area, table):
    body = github.push_body("https://github.example/acme/shop.git", "a" * 40, ref="refs/heads/dev", commits=6)
    agent = Agent(binaries, area / "agent", {"shop.yml": PIPELINE})
    agent.start()
    webhook_port = start_webhook(area)
    expect(agent.port, "/webhook/github", body, "not in")
    expect(webhook_port, "/hooks/shop", body, "not satisfied")
    # At one connection, nobody can answer faster than the disk says yes.
    table.add("what this disk confirms, one write at a time", f"{confirmed_writes(area):.0f} /s")
    requests = 0
    for connections, aim in CONNECTIONS.items():
        ours, peer = [], []
        for round_number in range(ROUNDS):
            peer.append(load(area, webhook_port, "/hooks/shop", body, connections, f"w{connections}-{round_number}"))
            ours.append(load(area, agent.port, "/webhook/github", body, connections, f"p{connections}-{round_number}"))
            requests += ours[-1]["requests"]
        noun = "connection" if connections == 1 else "connections"
        table.add_ratio(f"acknowledgements, {connections} {noun}", rate(ours), rate(peer), "/s", at_least=aim)
        table.add_ratio("  99th percentile", p99(ours), p99(peer), "ms", digits=1)
    agent.stop()
    check_stored(agent, requests)


def start_webhook(area):
    folder = area / "webhook"
    folder.mkdir()
    (folder / "hooks.json").write_text(json.dumps([{
        "id": "shop", "execute-command": "/bin/true",
        "trigger-rule": {"and": [
            {"match": {"type": "payload-hmac-sha256", "secret": github.SECRET,
                       "parameter": {"source": "header", "name": "X-Hub-Signature-256"}}},
            {"match": {"type": "value", "value": "refs/heads/main", "parameter": {"source": "payload", "name": "ref"}}},
        ]}}]))
    port = processes.free_port()
    log = folder / "log"
    process = processes.start(
        ["webhook", "-hooks", str(folder / "hooks.json"), "-ip", "127.0.0.1", "-port", str(port)], log)
    processes.wait_for_port(port, process, log)
    return port


def expect(port, path, body, words):
    status, answer = github.post(port, path, body)
    if status != 200 or words not in answer:
        raise processes.Failure(f"port {port} answered {status} {answer!r}, not 200 with {words!r}")


def load(area, port, path, body, connections, prefix):
    body_file = area / "body.json"
    body_file.write_bytes(body)
    fields = ", ".join(f'["{name}"] = "{value}"' for name, value in github.headers(body).items())
    script = area / "load.lua"
    script.write_text(WRK.format(body=body_file, headers=fields, prefix=prefix))
    output = subprocess.run(
        ["wrk", "--threads", "1", "--connections", str(connections), "--duration", f"{SECONDS}s", "--timeout", "10s",
         "--script", str(script), f"http://127.0.0.1:{port}{path}"],
        capture_output=True, text=True, timeout=SECONDS + 30).stdout
    match = re.search(r"^RESULT (.*)$", output, re.MULTILINE)
    if not match:
        raise processes.Failure(f"wrk said: {output}")
    result = json.loads(match.group(1))
    if result["errors"]:
        raise processes.Failure(f"{result['errors']} requests to port {port} failed: {output}")
    return result


def confirmed_writes(area):
    """Writes of 4 KB a second to a place that is there already, each followed by fdatasync(2)."""
    descriptor = os.open(area / "disk", os.O_CREAT | os.O_WRONLY)
    os.write(descriptor, b"x" * 4096)
    os.fsync(descriptor)
    begin = time.perf_counter()
    count = 0
    while time.perf_counter() - begin < 1:
        os.pwrite(descriptor, b"x" * 4096, 0)
        os.fdatasync(descriptor)
        count += 1
    os.close(descriptor)
    return count / (time.perf_counter() - begin)


def rate(results):
    return statistics.median(r["requests"] / r["microseconds"] * 1e6 for r in results)


def p99(results):
    return statistics.median(r["p99"] for r in results) / 1000


def check_stored(agent, answered):
    """Every answered delivery must be in the store, now that the agent has closed it."""
    stored = 0
    for file in Path(agent.data).glob("*"):
        if file.is_file() and file.read_bytes()[:15] == b"SQLite format 3":
            with sqlite3.connect(file) as store:
                stored = store.execute("SELECT count(DISTINCT id) FROM deliveries").fetchone()[0]
    # One more was sent to try it, and wrk cuts off what is under way when its time is up.
    if not answered < stored <= answered + 1 + ROUNDS * sum(CONNECTIONS):
        raise processes.Failure(f"{answered} deliveries were answered and {stored} are stored")
    print(f"  all {answered} answered deliveries are in the store")
