"""What happens to the machine in the middle of a round. Each is told what it may expect of the rest: a dead runner, a bad disk."""

import machine as machines


class Fault:
    def __init__(self, name, act, runner_died=False, disk_failed=False):
        self.name = name
        self.act = act
        self.runner_died = runner_died
        self.disk_failed = disk_failed


def nothing(machine, random):
    pass


def agent_killed(machine, random):
    machine.kill_agent()
    machine.start(wait=False)


def agent_killed_while_it_starts(machine, random):
    machine.kill_agent()
    for _ in range(random.randrange(1, 4)):
        machine.start(wait=False)
        machines.pause(random.uniform(0, 0.15))
        machine.kill_agent()
    machine.start(wait=False)


def agent_stopped(machine, random):
    machine.stop()
    machine.start(wait=False)


def runner_killed(machine, random):
    machine.kill_runners(random, at_most=1)


def both_killed(machine, random):
    machine.kill_agent()
    machine.kill_runners(random, at_most=8)
    machine.start(wait=False)


def power_lost(machine, random):
    machine.lose_power(random)
    machine.start(wait=False)


def disk_fails_to_sync(machine, random):
    _disk(machine, random, machines.DISK_FAILS_TO_SYNC)


def disk_full(machine, random):
    _disk(machine, random, machines.DISK_FULL)


def _disk(machine, random, fault):
    machine.set_fault(fault)
    machines.pause(random.uniform(0.02, 0.6))
    machine.set_fault(machines.DISK_WELL)
    # It may have decided that a new process is the way out, as it may under systemd.
    if machine.has_ended():
        machine.start(wait=False)


ALL = [
    Fault("nothing", nothing),
    Fault("agent killed", agent_killed),
    Fault("agent killed while it starts", agent_killed_while_it_starts),
    Fault("agent stopped", agent_stopped),
    Fault("runner killed", runner_killed, runner_died=True),
    Fault("agent and runners killed", both_killed, runner_died=True),
    Fault("power lost", power_lost, runner_died=True),
    Fault("disk fails to sync", disk_fails_to_sync, disk_failed=True, runner_died=True),
    Fault("disk full", disk_full, disk_failed=True, runner_died=True),
]
