"""Rows of the table: goals, held against what was measured."""
import dataclasses
import json
import statistics
import subprocess

import dpdk_source
from plan import BESIDE, GOALS, NOT_YET
from programs import WORKER_CPUS


@dataclasses.dataclass(frozen=True)
class Row:
    row: str
    name: str
    value: float = None
    unit: str = None
    reference: float = None
    reference_name: str = None
    ratio: float = None
    floor: float = None
    target: float = None
    met: str = None      # "target", "floor" or "no"
    spread: float = None  # (highest - lowest) / median of the rounds
    ran: float = None    # least part of an interval in which the worker ran: 1 if it was quiet
    source_ns: float = None  # of each packet, what the source itself costs
    why_not: str = None  # the reason, where there is no value


def measured_rows(results, rows):
    """`results`: a list of Results, one for each round, by (program, load)."""
    goals = [goal for goal in GOALS + BESIDE if not rows or goal.row in rows]
    return [_row(goal, results) for goal in goals if goal.measured in results]


def _row(goal, results):
    rates = _rates(results, *goal.measured)
    reference = _rates(results, *goal.reference) if goal.reference else []
    # Of each round: its programs ran one after the other.
    ratio = statistics.median(a / b for a, b in zip(rates, reference)) if reference else None
    value = statistics.median(rates)
    source = _rates(results, "io", goal.measured[1])
    return Row(goal.row, goal.what, value, goal.unit, statistics.median(reference) if reference else None,
               " ".join(goal.reference) if reference else None, ratio, goal.floor, goal.target,
               _met(goal, ratio if reference else value), (max(rates) - min(rates)) / value,
               min(result.ran for result in results[goal.measured]),
               1e3 / statistics.median(source) if source else None)


def _rates(results, program, load):
    return [result.rate / 1e6 for result in results.get((program, load), [])]


def _met(goal, value):
    if goal.target is None:
        return None
    return "target" if value >= goal.target else "floor" if value >= goal.floor else "no"


def micro_rows(rows, quick):
    """Of the micro-benchmarks that are built."""
    build = dpdk_source.BUILD.parent / "release"
    cpu = str(WORKER_CPUS[0])
    known = {field.name for field in dataclasses.fields(Row)}
    for program in sorted(build.glob("test/bench/*_bench")):
        if program.is_dir():
            continue
        command = ["taskset", "--cpu-list", cpu, program] + ["--quick"] * quick
        output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        for line in filter(lambda text: text.startswith("{"), output.splitlines()):
            said = json.loads(line)
            row = Row(**{key: said[key] for key in said if key in known})
            if not rows or row.row in rows:
                yield dataclasses.replace(row, row=row.row or "")


def missing_rows(found, rows):
    there = {row.row for row in found}
    return [Row(name, "not yet", why_not=why) for name, why in NOT_YET.items()
            if name not in there and (not rows or name in rows)]


def in_order(found):
    return sorted(found, key=lambda row: (row.row == "", int(row.row[1:] or 0)))
