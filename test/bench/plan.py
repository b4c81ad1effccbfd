"""What is measured, and the goals that it is held against."""
import dataclasses
import typing

from holdfastd import Holdfastd
from load import Load
from programs import L3fwdExactMatch, TestpmdIo, TestpmdMacswap

LOADS = {
    "1k": Load(1_000),
    "1k, targets change": Load(1_000, drains=True, check_every=64),
    "1M": Load(1_000_000),
    "10M": Load(10_000_000),
    "1M at 80 %": Load(1_000_000, share=(0.8, "1M")),
    "1M, l2": Load(1_000_000, forwarding="l2"),
    "1M, gue": Load(1_000_000, forwarding="gue"),
    "1M, nat": Load(1_000_000, forwarding="nat"),
    "1M, IPv6": Load(1_000_000, family=6),
    "1M in order": Load(1_000_000, order="sequential"),
    # Twenty times the slots of the table, which fills up within one tick, so that any entry may
    # be thrown out for a new one: a flow that comes again is surely not in it.
    "new": Load(32_000_000, mix="syn", fill=2_000_000),
    "1M flooded": Load(1_000_000, flood=8_000_000, flood_every=10, fill=10_000_000),
    "1M, 2 workers": Load(1_000_000, workers=2),
}

PROGRAMS = {"io": TestpmdIo, "MS": TestpmdMacswap, "EM": L3fwdExactMatch, "holdfastd": Holdfastd}
# The loads of each, in the order in which they take turns.
MEASURED = {
    "io": ["1k", "1M", "1M at 80 %", "10M", "1M in order", "new", "1M flooded"],
    "MS": ["1k", "1M", "10M", "1M in order", "1M, 2 workers"],
    "EM": ["1k", "1M"],
    "holdfastd": list(LOADS),
}

MEGABYTES = 3200  # huge pages: 10M flows and their headers


@dataclasses.dataclass(frozen=True)
class Figure:
    """One number of a Result. Where less is better it is judged for itself, otherwise by its
    ratio to the reference, if there is one."""
    unit: str
    of: typing.Callable
    less_is_better: bool = False


RATE = Figure("Mpps", lambda result: result.rate / 1e6)
CONNECTIONS = dataclasses.replace(RATE, unit="M/s")
HALF = Figure("us", lambda result: result.time(0.50) * 1e6, less_is_better=True)
NEARLY_ALL = Figure("us", lambda result: result.time(0.99) * 1e6, less_is_better=True)
MOVED = Figure("moved", lambda result: result.wrong, less_is_better=True)


@dataclasses.dataclass(frozen=True)
class Goal:
    """Measured and reference are (program, load)."""
    row: str
    what: str
    measured: tuple
    reference: tuple = None
    floor: float = None
    target: float = None
    figure: Figure = RATE


GOALS = [
    Goal("B1", "established, ipip, 1k flows", ("holdfastd", "1k"), ("MS", "1k"), 0.45, 0.55),
    Goal("B2", "established, ipip, 1M flows", ("holdfastd", "1M"), ("MS", "1M"), 0.36, 0.48),
    Goal("B2", "established, ipip, 1M flows", ("holdfastd", "1M"), ("EM", "1M"), 2.1, 2.8),
    Goal("B3", "established, ipip, 10M flows", ("holdfastd", "10M"), ("MS", "10M"), 0.30, 0.40),
    Goal("B4", "l2 instead of ipip, 1M flows", ("holdfastd", "1M, l2"), ("holdfastd", "1M"),
         1.0, 1.08),
    Goal("B4", "GUE instead of ipip, 1M flows", ("holdfastd", "1M, gue"), ("holdfastd", "1M"),
         0.85, 0.95),
    Goal("B4", "nat instead of ipip, 1M flows", ("holdfastd", "1M, nat"), ("holdfastd", "1M")),
    Goal("B4", "IPv6 in IPv6 instead of IPv4 in IPv4, 1M flows", ("holdfastd", "1M, IPv6"),
         ("holdfastd", "1M"), 0.80, 0.92),
    Goal("B5", "every packet a new connection", ("holdfastd", "new"), None, 15, 30, CONNECTIONS),
    Goal("B7", "the same, and each tenth packet a flood's SYN", ("holdfastd", "1M flooded"),
         ("holdfastd", "1M"), 0.9, 1.0),
    Goal("B10", "second worker, 1M flows", ("holdfastd", "1M, 2 workers"), ("holdfastd", "1M"),
         1.95, 1.98),
    Goal("B11", "time in the box at 80 % load, p50", ("holdfastd", "1M at 80 %"),
         ("io", "1M at 80 %"), None, 2, HALF),
    Goal("B11", "time in the box at 80 % load, p99", ("holdfastd", "1M at 80 %"),
         ("io", "1M at 80 %"), 10, 5, NEARLY_ALL),
    Goal("B13", "established connections that a draining target's ring moves",
         ("holdfastd", "1k, targets change"), None, 0, 0, MOVED),
]
BESIDE = [
    Goal("", "established, 1k flows, against EM", ("holdfastd", "1k"), ("EM", "1k")),
    Goal("", "1M flows, in order instead of random", ("holdfastd", "1M in order"),
         ("MS", "1M in order")),
    Goal("", "second worker of MS, 1M flows", ("MS", "1M, 2 workers"), ("MS", "1M")),
]


@dataclasses.dataclass(frozen=True)
class Missing:
    """A part of a row that cannot be measured, and the feature that it waits for."""
    row: str
    what: str
    waits_for: str
    floor: float = None
    target: float = None


NOT_YET = [
    Missing("B6", "B5 with 1M affinities of 4 prefix lengths, half of the clients matching",
            "affinities of client prefixes", 0.6, 0.85),
    Missing("B11", "turns above 20 us while 1M changes/s are applied",
            "starts and ends in batches", 0, 0),
    Missing("B12", "affinity starts and ends in batches, M/s", "starts and ends in batches", 1, 3),
    Missing("B12", "affinity starts, unary, beside an empty handler",
            "a load generator for the control plane", None, 0.9),
]
# Rows of micro-benchmarks (test/bench/*_bench), with what they measure.
MICRO = {"B8": "lookup alone", "B9": "memory of a connection", "B13": "rebuilding a ring"}


def source_alone(load):
    """The load at which `io` shows what the source costs at this one; perhaps not measured."""
    alone = LOADS[load].as_source()
    return next((name for name in MEASURED["io"] if LOADS[name] == alone), load)


def measurements(rows):
    """(program, load) of all that the rows need; `rows` may be empty: all of them."""
    goals = [goal for goal in GOALS + ([] if rows else BESIDE) if not rows or goal.row in rows]
    wanted = {goal.measured for goal in goals}
    wanted |= {goal.reference for goal in goals if goal.reference}
    wanted |= {("holdfastd", load.share[1]) for load in (LOADS[name] for _, name in wanted)
               if load.share}
    wanted |= {("io", source_alone(load)) for _, load in wanted}
    return [(name, load) for load in LOADS for name, its in MEASURED.items()
            if load in its and ((name, load) in wanted or not rows)]
