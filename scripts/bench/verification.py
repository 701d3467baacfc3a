"""What verifying one delivery costs, for each sender, beside a plain HMAC-SHA256 of the crypto library over the same 4 KB body;
and whether that depends on where a wrong signature differs."""

import shutil
import subprocess
from pathlib import Path

import processes

ROOT = Path(__file__).resolve().parents[2]


def measure(_bin, _folder, table):
    rows = run()
    library = next(nanoseconds for group, _, nanoseconds in rows if group == "library")
    for group, name, nanoseconds in rows:
        if group == "sender":
            table.add_ratio(f"verifying 4 KB, {name}", nanoseconds, library, "ns")
    positions = {name: nanoseconds for group, name, nanoseconds in rows if group == "position"}
    # The signature's last digit wrong, and its first: a comparison that stopped at the first difference would be quicker there.
    table.add_ratio("verifying, digit 63 wrong, beside digit 0", positions["63"], positions["0"], "ns", at_least=0.9, at_most=1.1)
    for name, nanoseconds in positions.items():
        what = "no digit wrong" if name == "64" else f"digit {name} wrong"
        table.add_ratio(f"  github, {what}", nanoseconds, library, "ns")


def run():
    """(group, name, nanoseconds) of every line that the program prints."""
    package = ROOT / "Benchmarks"
    resolved = ROOT / "Package.resolved"
    if resolved.exists():
        # The same versions of other people's packages as the agent's.
        shutil.copy(resolved, package)
    built = subprocess.run(
        ["swift", "build", "--package-path", package, "-c", "release", "--quiet"], capture_output=True, text=True, check=False
    )
    if built.returncode != 0:
        raise processes.Failure(f"Benchmarks was not built:\n{built.stdout[-2000:]}{built.stderr[-2000:]}")
    output = subprocess.run([package / ".build/release/verification"], capture_output=True, text=True, check=True).stdout
    rows = [line.split("\t") for line in output.splitlines()]
    return [(group, name, int(nanoseconds)) for group, name, nanoseconds in rows]
