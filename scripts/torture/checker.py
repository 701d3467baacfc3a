"""Holds what is left on the disk against what the senders and the steps remember (docs/reliability.md)."""

import json
import shutil
import sqlite3
from collections import Counter
from pathlib import Path

FINAL = {"succeeded", "failed", "cancelled", "timed_out", "interrupted", "superseded", "skipped"}


def step_output(run):
    """What the step of a run prints (`pipelines.py`)."""
    return "".join(f"run {run} line {line}\n" for line in range(1, 21))


class Checker:
    """Everything that is wrong, in sentences."""

    def __init__(self, area, senders, disk_failed, runner_died):
        self.area = Path(area)
        self.data = self.area / "data"
        self.senders = senders
        # What may happen only where its cause did.
        self.disk_failed = disk_failed
        self.runner_died = runner_died
        self.problems = []

    def wrong(self, sentence):
        self.problems.append(sentence)

    def check(self, leftovers):
        """The agent has stopped; `leftovers` are processes that should not be there."""
        copy = self.area / "examined"
        shutil.rmtree(copy, ignore_errors=True)
        copy.mkdir()
        for name in ("pushrod.db", "pushrod.db-wal"):
            if (self.data / name).exists():
                shutil.copy(self.data / name, copy / name)
        database = sqlite3.connect(copy / "pushrod.db")
        database.row_factory = sqlite3.Row
        try:
            found = database.execute("PRAGMA integrity_check").fetchone()[0]
            if found != "ok":
                self.wrong(f"the store is damaged: {found}")
                return self.problems
            self.check_deliveries(database)
            self.check_runs(database)
        finally:
            database.close()
        self.check_steps()
        if leftovers:
            self.wrong(f"{len(leftovers)} processes outlived their runs: {leftovers}")
        return self.problems

    def check_deliveries(self, database):
        rows = database.execute("SELECT * FROM deliveries WHERE verdict <> 'rejected'").fetchall()
        posted = [row for row in rows if row["way"] == "webhook"]
        stored = Counter(row["id"] for row in posted)
        self.run_numbers = {}
        for row in posted:
            self.run_numbers.setdefault(row["id"], []).extend(json.loads(row["runs"] or "[]"))
        for identity, count in stored.items():
            if count > 1:
                self.wrong(f"the id {identity} was accepted {count} times")
        sent = {delivery.id: delivery for sender in self.senders for delivery in sender.deliveries}
        for identity in stored.keys() - sent.keys():
            self.wrong(f"the id {identity} is stored, and nobody sent it")
        for delivery in sent.values():
            statuses = [answer and answer[0] for answer in delivery.answers]
            if delivery.is_acknowledged and delivery.id not in stored:
                self.wrong(f"the delivery of change {delivery.number} was answered {statuses} and is not in the store")
            for answer in delivery.answers:
                if answer is not None and answer[0] not in (200, 202, 429, 503):
                    self.wrong(f"the delivery of change {delivery.number} was answered {answer}")
        for row in posted:
            if row["verdict"] != "started" and not row["reason"]:
                self.wrong(f"delivery {row['number']} started nothing and does not say why")

    def check_runs(self, database):
        self.runs = {row["number"]: row for row in database.execute("SELECT * FROM runs")}
        for identity, numbers in self.run_numbers.items():
            for number in numbers:
                if number not in self.runs:
                    self.wrong(f"run {number} of the delivery {identity} is not in the store")
            pipelines = Counter(self.runs[number]["pipeline"] for number in numbers if number in self.runs)
            for pipeline, count in pipelines.items():
                if count > 1:
                    self.wrong(f"the id {identity} started {count} runs of {pipeline}: {numbers}")
        for number, run in self.runs.items():
            self.check_run(number, run)
        # Where a commit ran twice, somebody must have had a reason.
        for (pipeline, commit), runs in self.runs_by_commit().items():
            ended = [run for run in runs if run["state"] == "succeeded"]
            if len(ended) > 1:
                self.wrong(f"{pipeline} deployed {commit} {len(ended)} times: runs {[run['number'] for run in ended]}")

    def runs_by_commit(self):
        found = {}
        for run in self.runs.values():
            found.setdefault((run["pipeline"], run["commit_id"]), []).append(run)
        return found

    def check_run(self, number, run):
        state, reason = run["state"], run["reason"]
        if state not in FINAL:
            return self.wrong(f"run {number} is {state} although nothing goes on any more")
        if state == "interrupted" and not self.runner_died:
            self.wrong(f"run {number} was interrupted, and nobody touched its runner: {reason}")
        # Whoever kills a runner's processes may meet the one that fetches, or that keeps watch over a step: then the run has
        # failed, and says why.
        child_killed = self.runner_died and any(
            words in (reason or "") for words in ("killed by signal 9", "kept watch over the step was killed"))
        if state == "failed" and not self.disk_failed and not child_killed:
            self.wrong(f"run {number} failed, and nothing was wrong with the disk: {reason}")
        if state in ("cancelled", "timed_out", "skipped"):
            self.wrong(f"run {number} is {state}: {reason}")
        if state != "succeeded" and not reason:
            self.wrong(f"run {number} is {state} and does not say why")
        ends = [event for event in self.events(number) if event["event"] == "run_finished"]
        if len(ends) > 1:
            self.wrong(f"run {number} has {len(ends)} ends")
        if ends and ends[0].get("run_state") != state:
            self.wrong(f"run {number} is {state} in the store and {ends[0].get('run_state')} in its directory")
        if state == "succeeded":
            self.check_log(number)

    def events(self, number):
        try:
            text = (self.data / "runs" / str(number) / "events.jsonl").read_text()
        except FileNotFoundError:
            return []
        events = []
        for line in text.splitlines(keepends=True):
            try:
                if line.endswith("\n"):
                    events.append(json.loads(line))
            except ValueError:
                self.wrong(f"run {number} has an event that cannot be read: {line[:100]!r}")
        return events

    def check_log(self, number):
        logs = list((self.data / "runs" / str(number)).glob("01-*.log"))
        if len(logs) != 1:
            return self.wrong(f"run {number} succeeded and has {len(logs)} logs of its step")
        text = logs[0].read_text(errors="replace")
        if text != step_output(number):
            self.wrong(f"the log of run {number} is not what its step wrote: {text[-100:]!r}")

    def check_steps(self):
        """What the steps themselves saw."""
        for violation in self.lines("violations"):
            self.wrong(violation)
        numbers = {
            commit: position + 1 for sender in self.senders for position, commit in enumerate(sender.commits)}
        highest = {}
        for line in self.lines("journal"):
            pipeline, run, commit, number = line.split()
            if int(number) != numbers.get(commit[:40]) and numbers.get(commit) != int(number):
                self.wrong(f"run {run} had the files of change {number} for the commit {commit}")
            state = self.runs[int(run)]["state"] if int(run) in self.runs else "unknown"
            if state == "unknown":
                self.wrong(f"run {run} of {pipeline} ran a step, and the store does not know it")
            if state != "succeeded":
                continue
            if int(number) < highest.get(pipeline, 0):
                self.wrong(f"run {run} put change {number} of {pipeline} over change {highest[pipeline]}")
            highest[pipeline] = max(highest.get(pipeline, 0), int(number))
        self.check_newest(highest)

    def check_newest(self, highest):
        """What was pushed last is what is live, unless its own run says why not."""
        for sender in self.senders:
            if sender.pushed == 0:
                continue
            last = sender.commits[sender.pushed]
            for pipeline in sender.pipelines:
                runs = [run for run in self.runs.values() if run["pipeline"] == pipeline and run["commit_id"] == last]
                if not runs:
                    self.wrong(f"{pipeline} has no run of the last push, change {sender.pushed + 1}")
                elif highest.get(pipeline, 0) != sender.pushed + 1 and not any(
                        run["state"] in ("failed", "interrupted") for run in runs):
                    self.wrong(
                        f"{pipeline} has change {highest.get(pipeline)} live, and change {sender.pushed + 1} was pushed last: "
                        + ", ".join(f"run {run['number']} {run['state']}" for run in runs))

    def lines(self, name):
        file = self.area / name
        return file.read_text().splitlines() if file.exists() else []
