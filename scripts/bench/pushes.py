"""From the delivery to the first step, beside `webhook` with a fetch-and-checkout script, over two transports.

Both get the same signed delivery of the same commit, which the server has already. The first step, and the script after its
checkout, write the time; what counts is that time less the time before the delivery was sent.
"""

import json
import statistics
import time

import github
import processes
import repositories
from agent import Agent

PUSHES = 12
FILES = 500

SCRIPT = """#!/bin/sh
# What people write who have webhook and git: fetch, check out, go on.
set -eu
cd {clone}
git fetch --quiet origin main
git checkout --quiet --force "$1"
date +%s%N >>{stamps}
"""


def measure(binaries, area, table):
    for transport in ("git://", "smart HTTP"):
        folder = area / transport.split(":")[0].replace(" ", "-")
        folder.mkdir()
        repository = repositories.Repository(folder, "shop", FILES)
        repository.push()
        if transport == "git://":
            base = repositories.start_git_daemon(folder, folder / "daemon.log")
        else:
            base = repositories.start_smart_http(folder)
        url = f"{base}/shop.git"
        ours_stamps, peer_stamps = folder / "ours", folder / "peer"
        agent = Agent(binaries, folder / "agent", {"shop.yml": pipeline(url, ours_stamps)})
        agent.start()
        webhook_port = start_webhook(folder, url, peer_stamps)
        ours, peer = [], []
        for number in range(PUSHES):
            commit = repository.push()
            body = github.push_body(url, commit)
            sides = [
                lambda: ours.append(until_stamp(ours_stamps, lambda: agent.push(url, commit))),
                lambda: peer.append(until_stamp(peer_stamps, lambda: github.post(webhook_port, "/hooks/shop", body))),
            ]
            # Who goes first must not matter.
            for side in sides if number % 2 else reversed(sides):
                side()
            agent.settled()
        agent.stop()
        # The first push clones into an empty mirror.
        table.add_ratio(
            f"push → first step, {transport}", statistics.median(ours[1:]), statistics.median(peer[1:]), "ms", at_most=0.45)


def pipeline(url, stamps):
    return (
        f"name: shop\nrepo: {url}\non: {{ push: {{ branches: [main] }} }}\n"
        f"steps:\n  - name: stamp\n    run: date +%s%N >>{stamps}\n")


def start_webhook(folder, url, stamps):
    clone = folder / "clone"
    repositories.git("clone", "--quiet", url, str(clone))
    script = folder / "deploy"
    script.write_text(SCRIPT.format(clone=clone, stamps=stamps))
    script.chmod(0o755)
    hooks = folder / "hooks.json"
    hooks.write_text(json.dumps([{
        "id": "shop", "execute-command": str(script),
        "pass-arguments-to-command": [{"source": "payload", "name": "after"}],
        "trigger-rule": {"match": {
            "type": "payload-hmac-sha256", "secret": github.SECRET,
            "parameter": {"source": "header", "name": "X-Hub-Signature-256"}}}}]))
    port = processes.free_port()
    log = folder / "webhook.log"
    process = processes.start(
        ["webhook", "-hooks", str(hooks), "-ip", "127.0.0.1", "-port", str(port)], log, env=repositories.ENVIRONMENT)
    processes.wait_for_port(port, process, log)
    return port


def until_stamp(file, post):
    """Milliseconds from before the post to the time that the next line of `file` says."""
    def lines():
        return file.read_text().splitlines() if file.exists() else []

    before = len(lines())
    sent = time.time_ns()
    post()
    stamps = processes.wait_until("the first step", lambda: len(lines()) > before and lines(), seconds=60)
    return (int(stamps[before]) - sent) / 1e6
