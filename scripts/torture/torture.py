"""Rounds of pushes and faults; the first wrong thing ends them with the seed that repeats it."""

import argparse
import concurrent.futures as futures
import random as randoms
import re
import shutil
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "bench"))

import faults
import pipelines
import processes
import regressions
from checker import Checker
from machine import Machine, pause
from senders import Sender, make_repository

COMMITS = 40
# What the checker must say of an agent that was built without something; anything else would be a failure of the proof.
PROOFS = {
    "without-fsync": r"was answered .* and is not in the store|the store (\S+ )?is damaged",
    "without-deduplication": r"^the id \S+ (was accepted|started) \d+ (times|runs)",
}
# Name, mode, what an interrupted run becomes. Two pipelines of one repository, and one of another.
PIPELINES = [("shop", "queue", "rerun", "one"), ("docs", "latest", "fail", "one"), ("site", "queue", "fail", "two")]


class Round:
    def __init__(self, seed, arguments, area):
        self.random = randoms.Random(seed)
        self.area = Path(area)
        repositories = {name: make_repository(self.area, name, COMMITS) for name in ("one", "two")}
        data = self.area / "machine"
        texts = {
            f"{name}.yml": pipelines.text(
                name, repositories[repository][0], data, mode, on_interrupt, self.random.choice([1, 2, 5]))
            for name, mode, on_interrupt, repository in PIPELINES
        }
        self.machine = Machine(arguments.bin, arguments.shim, data, texts)
        self.senders = [
            Sender(name, path, commits, self.machine.port, randoms.Random(f"{seed} {name}"))
            for name, (path, commits) in repositories.items()
        ]
        for sender in self.senders:
            sender.pipelines = [name for name, _, _, repository in PIPELINES if repository == sender.name]
        kinds = [fault for fault in faults.ALL if arguments.proof is None or "power" in fault.name]
        self.faults = [self.random.choice(kinds) for _ in range(self.random.randrange(1, 4))]

    def carry_out(self):
        """Everything that is wrong afterwards."""
        machine = self.machine
        machine.start()
        for fault in self.faults:
            threads = [sender.start(self.random.randrange(2, 7)) for sender in self.senders]
            pause(self.random.uniform(0, 0.9))
            fault.act(machine, self.random)
            for thread in threads:
                thread.join(120)
            for sender in self.senders:
                if sender.failure:
                    raise sender.failure
            self.bring_back()
            for sender in self.senders:
                self.deliver(sender)
        self.wait_until_idle()
        machine.stop()
        leftovers = machine.everything()
        checker = Checker(
            machine.area, self.senders, disk_failed=any(fault.disk_failed for fault in self.faults),
            runner_died=any(fault.runner_died for fault in self.faults))
        return checker.check(leftovers)

    def bring_back(self):
        if self.machine.has_ended():
            self.machine.start()
        else:
            processes.wait_until("an agent that answers", self.machine.answers, seconds=60, pause=0.02)

    def deliver(self, sender):
        def all_acknowledged():
            sender.post_again_what_was_not_acknowledged()
            return all(delivery.is_acknowledged for delivery in sender.deliveries)

        processes.wait_until("every delivery acknowledged", all_acknowledged, seconds=60, pause=0.2)

    def wait_until_idle(self):
        def idle():
            return all(run["state"] not in ("queued", "running") for run in self.machine.runs().values())

        processes.wait_until("an idle agent", idle, seconds=180, pause=0.05)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", required=True, help="the folder with pushrod and pushrod-runner")
    parser.add_argument("--shim", required=True, help="powerloss.so")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--proof", choices=PROOFS, help="what the agent was built without, which must be found out")
    parser.add_argument("--jobs", type=int, default=1, help="rounds at a time, each with an agent of its own")
    parser.add_argument("--keep", action="store_true", help="leave the folder of a failed round")
    arguments = parser.parse_args()

    began = time.monotonic()
    chosen = range(arguments.seed, arguments.seed + arguments.rounds)
    # One round is the repetition of one seed.
    seeds = list(dict.fromkeys([*regressions.SEEDS, *chosen])) if arguments.rounds > 1 else list(chosen)
    pushes = 0
    with futures.ThreadPoolExecutor(arguments.jobs) as pool:
        rounds = [pool.submit(play, seed, arguments) for seed in seeds]
        for finished in futures.as_completed(rounds):
            report = finished.result()
            pushes += report.pushes
            report.print()
            if report.problems:
                for waiting in rounds:
                    waiting.cancel()
                print("ends here; rounds that are under way are waited for", flush=True)
                return found_out(report, arguments.proof)
    if arguments.proof:
        print(f"{len(seeds)} rounds, and the checker saw nothing wrong with an agent {arguments.proof}")
        return 1
    print(f"{len(seeds)} rounds, {pushes} pushes, {time.monotonic() - began:.0f} s: everything that was promised held")
    return 0


def found_out(report, proof):
    """The exit code after a failed round: 0 where it shows what the agent was built without."""
    if proof is None:
        return 1
    if any(re.search(PROOFS[proof], problem) for problem in report.problems):
        print("found out, as it must be")
        return 0
    print(f"that does not show an agent {proof}: the proof failed")
    return 1


class Report:
    """What became of one round."""

    def __init__(self, seed, happened, pushes, seconds, problems, left_in):
        self.seed, self.happened, self.pushes, self.seconds = seed, happened, pushes, seconds
        self.problems, self.left_in = problems, left_in

    def print(self):
        mark = "✗" if self.problems else "✓"
        lines = [f"{mark} seed {self.seed}: {self.pushes} pushes; {self.happened} ({self.seconds:.1f} s)"]
        lines += [f"    {problem}" for problem in self.problems[:20]]
        if self.problems:
            lines.append(
                f"    again: make torture SEED={self.seed} ROUNDS=1" + (f"; left in {self.left_in}" if self.left_in else ""))
        print("\n".join(lines), flush=True)


def play(seed, arguments):
    folder = tempfile.mkdtemp(prefix=f"pushrod-torture-{seed}-")
    current = Round(seed, arguments, folder)
    started = time.monotonic()
    try:
        problems = current.carry_out()
    except processes.Failure as failure:
        problems = [str(failure)]
    finally:
        current.machine.kill_everything()
    keep = bool(problems) and arguments.keep
    if not keep:
        shutil.rmtree(folder, ignore_errors=True)
    return Report(
        seed, ", ".join(fault.name for fault in current.faults), sum(sender.pushed for sender in current.senders),
        time.monotonic() - started, problems, folder if keep else None)


if __name__ == "__main__":
    sys.exit(main())
