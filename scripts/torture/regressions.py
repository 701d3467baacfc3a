"""Seeds that have found a fault: played first by every longer run."""

SEEDS = {
    2: "a runner that was killed before it took its lock was told as a failed run",
    16: "a power cut left a mirror that every later fetch failed on; and half a first event, on which the next runner stopped",
    27: "the process that fetches was killed, and not the runner",
    176: "a process that was started while the power went lived on",
    1015: "a spec was lost that is on the disk: the power cut did not know a file by the link of its open folder",
}
