"""Rows of the table: goals, held against what was measured."""
import dataclasses
import json
import statistics
import subprocess

from plan import BESIDE, GOALS, MICRO, NOT_YET, RATE, source_alone
from holdfastd import BUILD
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
    waits_for: str = None  # where there is no value: what it needs


def measured_rows(results, rows):
    """`results`: a list of Results, one for each round, by (program, load)."""
    goals = [goal for goal in GOALS + BESIDE if not rows or goal.row in rows]
    return [_row(goal, results) for goal in goals if goal.measured in results]


def _row(goal, results):
    values = _values(goal.figure, results, goal.measured)
    value = statistics.median(values)
    row = Row(goal.row, goal.what, value, goal.figure.unit, floor=goal.floor, target=goal.target,
              spread=(max(values) - min(values)) / value if value else None,
              ran=min(result.ran for result in results[goal.measured]))
    row = _beside_reference(row, values, goal, results)
    source = _values(RATE, results, ("io", source_alone(goal.measured[1])))
    return dataclasses.replace(row, met=_met(row, goal.figure.less_is_better),
                               source_ns=1e3 / statistics.median(source) if source else None)


def _values(figure, results, measured):
    return [figure.of(result) for result in results.get(measured, [])]


def _beside_reference(row, values, goal, results):
    reference = _values(goal.figure, results, goal.reference)
    if not reference:
        return row
    # Of each round: its programs ran one after the other.
    ratio = statistics.median(a / b for a, b in zip(values, reference))
    return dataclasses.replace(row, reference=statistics.median(reference), ratio=ratio,
                               reference_name=" ".join(goal.reference))


def _met(row, less_is_better):
    if row.target is None:
        return None
    judged = row.value if less_is_better or row.ratio is None else row.ratio
    for name, goal in (("target", row.target), ("floor", row.floor)):
        if goal is not None and (judged <= goal if less_is_better else judged >= goal):
            return name
    return "no"


def micro_rows(rows, quick):
    """Of the micro-benchmarks that are built."""
    cpu = str(WORKER_CPUS[0])
    known = {field.name for field in dataclasses.fields(Row)}
    for program in sorted(BUILD.glob("test/bench/*_bench")):
        if program.is_dir():
            continue
        command = ["taskset", "--cpu-list", cpu, program] + ["--quick"] * quick
        output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        for line in filter(lambda text: text.startswith("{"), output.splitlines()):
            said = json.loads(line)
            row = Row(**{key: said[key] for key in said if key in known})
            if not rows or row.row in rows:
                yield dataclasses.replace(row, row=row.row or "")


def missing_rows(beside, rows):
    """`beside`: the micro_rows() that there are."""
    there = {row.row for row in beside}
    missing = [Row(it.row, it.what, floor=it.floor, target=it.target, waits_for=it.waits_for)
               for it in NOT_YET]
    missing += [Row(name, what, waits_for="its micro-benchmark, which is not built")
                for name, what in MICRO.items() if name not in there]
    return [row for row in missing if not rows or row.row in rows]


def in_order(found):
    return sorted(found, key=lambda row: (row.row == "", int(row.row[1:] or 0)))
