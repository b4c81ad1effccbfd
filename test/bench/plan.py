"""What is measured, and the goals that it is held against."""
import dataclasses

from programs import Holdfastd, L3fwdExactMatch, Load, TestpmdIo, TestpmdMacswap

LOADS = {
    "1k": Load(1_000),
    "1M": Load(1_000_000),
    "10M": Load(10_000_000),
    "1M in order": Load(1_000_000, order="sequential"),
    # Eight times the room of the table: a flow that comes again was thrown out long before.
    "new": Load(8_000_000, mix="syn", fill=2_000_000),
    "1M flooded": Load(1_000_000, flood=8_000_000, flood_every=10, fill=10_000_000),
    "1M, 2 workers": Load(1_000_000, workers=2),
}

# The programs of each load, in the order in which they take turns.
PROGRAMS = {
    "io": (TestpmdIo, ["1k", "1M", "10M", "1M in order", "new", "1M flooded"]),
    "MS": (TestpmdMacswap, ["1k", "1M", "10M", "1M in order", "1M, 2 workers"]),
    "EM": (L3fwdExactMatch, ["1k", "1M"]),
    "holdfastd": (Holdfastd, list(LOADS)),
}

MEGABYTES = 3200  # huge pages: 10M flows and their headers


@dataclasses.dataclass(frozen=True)
class Goal:
    """Measured and reference are (program, load). Floor and target are of the ratio, or, without
    a reference, of the value."""
    row: str
    what: str
    measured: tuple
    reference: tuple = None
    floor: float = None
    target: float = None
    unit: str = "Mpps"


FORWARDING = LOADS["1M"].forwarding
GOALS = [
    Goal("B1", f"established, {FORWARDING}, 1k flows", ("holdfastd", "1k"), ("MS", "1k"), 0.45, 0.55),
    Goal("B2", f"established, {FORWARDING}, 1M flows", ("holdfastd", "1M"), ("MS", "1M"), 0.36, 0.48),
    Goal("B2", f"established, {FORWARDING}, 1M flows", ("holdfastd", "1M"), ("EM", "1M"), 2.1, 2.8),
    Goal("B3", f"established, {FORWARDING}, 10M flows", ("holdfastd", "10M"), ("MS", "10M"), 0.30, 0.40),
    Goal("B5", "every packet a new connection", ("holdfastd", "new"), None, 15, 30, "M/s"),
    Goal("B7", "the same, and each tenth packet a flood's SYN", ("holdfastd", "1M flooded"),
         ("holdfastd", "1M"), 0.9, 1.0),
    Goal("B10", "second worker, 1M flows", ("holdfastd", "1M, 2 workers"), ("holdfastd", "1M"),
         1.95, 1.98),
]
BESIDE = [
    Goal("", "established, 1k flows, against EM", ("holdfastd", "1k"), ("EM", "1k")),
    Goal("", "1M flows, in order instead of random", ("holdfastd", "1M in order"),
         ("MS", "1M in order")),
    Goal("", "second worker of MS, 1M flows", ("MS", "1M, 2 workers"), ("MS", "1M")),
]

NOT_YET = {
    "B4": "IPv6, GUE: not there yet",
    "B6": "prefix classes of affinities: not there yet",
    "B8": "its micro-benchmark is not built",
    "B9": "its micro-benchmark is not built",
    "B11": "the source has no pace and no time stamps yet",
    "B12": "no load generator for the control plane yet",
    "B13": "its micro-benchmark is not built",
}


def measurements(rows):
    """(program, load) of all that the rows need; `rows` may be empty: all of them."""
    goals = [goal for goal in GOALS + ([] if rows else BESIDE) if not rows or goal.row in rows]
    wanted = {goal.measured for goal in goals} | {goal.reference for goal in goals}
    wanted |= {("io", load) for _, load in (goal.measured for goal in goals)}
    return [(name, load) for load in LOADS for name, (_, its) in PROGRAMS.items()
            if load in its and ((name, load) in wanted or not rows)]
