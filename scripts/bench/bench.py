"""Measures Pushrod beside its peers and prints one table. See scripts/bench/run."""

import argparse
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

import acknowledgements
import checkouts
import confinement
import footprint
import logs
import parallel
import processes
import pushes
import recovery
import verification
from table import Table

MEASUREMENTS = {
    "verification": verification.measure,
    "acknowledgements": acknowledgements.measure,
    "pushes": pushes.measure,
    "checkouts": checkouts.measure,
    "logs": logs.measure,
    "parallel": parallel.measure,
    "confinement": confinement.measure,
    "footprint": footprint.measure,
    "recovery": recovery.measure,
}


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench/run", description=__doc__)
    parser.add_argument("--bin", required=True, help="folder of pushrod and pushrod-runner")
    parser.add_argument("--only", help=f"some of: {', '.join(MEASUREMENTS)}")
    parser.add_argument("--json", metavar="FILE", help="write the table there as well")
    parser.add_argument("--keep", action="store_true", help="keep the scratch area, with all logs")
    options = parser.parse_args()
    chosen = options.only.split(",") if options.only else list(MEASUREMENTS)
    unknown = [name for name in chosen if name not in MEASUREMENTS]
    if unknown:
        parser.error(f"there is no measurement {unknown[0]}; there are {', '.join(MEASUREMENTS)}")
    # A signal ends the run the way an error does: with everything that was started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))

    area = Path(tempfile.mkdtemp(prefix="pushrod-bench-"))
    table = Table()
    began = time.monotonic()
    failed = []
    table.header()
    try:
        for name in chosen:
            folder = area / name
            folder.mkdir()
            try:
                MEASUREMENTS[name](options.bin, folder, table)
            except processes.Failure as failure:
                failed.append(name)
                print(f"{name} could not be measured: {failure}", file=sys.stderr)
            finally:
                processes.end_all()
    finally:
        if options.keep:
            print(f"kept: {area}")
        else:
            shutil.rmtree(area, ignore_errors=True)
    if options.json:
        table.write(options.json)
    print(f"\nmeasured in {time.monotonic() - began:.0f} s; aims missed: {', '.join(s.strip() for s in table.missed) or 'none'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
