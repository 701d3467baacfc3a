"""What was measured, beside what was aimed for."""

import json


class Table:
    def __init__(self):
        self.rows = []

    def add(self, what, ours, peer=None, ratio=None, aim=None, met=None):
        """`ours` and `peer` are texts with their units; `met` is None where there is no aim."""
        row = {"what": what, "pushrod": ours, "peer": peer or "", "ratio": ratio, "aim": aim or "", "met": met}
        self.rows.append(row)
        self._print(row)

    def add_ratio(self, what, ours, peer, unit, at_least=None, at_most=None, digits=0):
        """A row whose aim is on ours ÷ peer."""
        ratio = ours / peer
        aim = met = None
        if at_least is not None:
            aim, met = f"≥ {at_least} ×", ratio >= at_least
        if at_most is not None:
            aim, met = f"≤ {at_most} ×", ratio <= at_most
        self.add(what, f"{ours:.{digits}f} {unit}", f"{peer:.{digits}f} {unit}", round(ratio, 2), aim, met)

    def add_bound(self, what, ours, unit, at_most, digits=1):
        """A row whose aim is on ours alone."""
        self.add(what, f"{ours:.{digits}f} {unit}", aim=f"≤ {at_most} {unit}", met=ours <= at_most)

    def header(self):
        print(f"{'':46}{'pushrod':>14}{'peer':>14}{'ratio':>9}{'aim':>12}")

    def _print(self, row):
        ratio = "" if row["ratio"] is None else f"{row['ratio']:.2f} ×"
        verdict = {None: "", True: "  pass", False: "  MISS"}[row["met"]]
        print(f"{row['what']:46}{row['pushrod']:>14}{row['peer']:>14}{ratio:>9}{row['aim']:>12}{verdict}", flush=True)

    @property
    def missed(self):
        return [row["what"] for row in self.rows if row["met"] is False]

    def write(self, path):
        with open(path, "w", encoding="utf-8") as file:
            json.dump(self.rows, file, indent=2, ensure_ascii=False)
            file.write("\n")
