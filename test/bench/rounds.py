"""Measurements, again and again in turn, so that all meet the same mood of the machine."""
import dataclasses
import sys

from measure import measure
from plan import PROGRAMS


def run(measurements, loads, options):
    """Results by (program, load): a list, one for each round."""
    timing = {"warmup_ms": 100, "measure_ms": 300} if options.quick else \
             {"warmup_ms": 300, "measure_ms": 1000}
    results = {}
    for number in range(options.rounds):
        for name, load in measurements:
            _tell(f"round {number + 1} of {options.rounds}: {name}, {load}")
            result = measure(PROGRAMS[name], _with_pace(loads[load], results), timing)
            results.setdefault((name, load), []).append(result)
    _tell("")
    return results


def _with_pace(load, results):
    if not load.share:
        return load
    part, other = load.share
    return dataclasses.replace(load, pace=int(part * results["holdfastd", other][-1].rate))


def _tell(text):
    if sys.stdout.isatty():
        print(f"\r\033[K{text}", end="", flush=True)
