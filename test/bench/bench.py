"""Measures Holdfast beside its references; scripts/bench --help says how to run it."""
import argparse
import contextlib
import dataclasses
import datetime
import json
import os
import pathlib
import platform
import re
import signal
import sys
import time

import dpdk_source
import growth
import paper
import plan
import rounds
import rows
import standstills
import table
from affinities import NotStarted
from huge_pages import HugePages, NotEnough
from measure import Failed

QUIET = 0.97  # part of its CPU that a worker has on a quiet machine


def main():
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        dpdk_source.build_all()
        with HugePages(plan.MEGABYTES):
            (_measure_growth if options.growth else _measure_rows)(options)
    except (Failed, NotEnough, NotStarted, dpdk_source.CannotBuild) as failure:
        sys.exit(f"bench: {failure}")
    except KeyboardInterrupt:
        sys.exit(130)


def _options():
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round, under 3 minutes")
    parser.add_argument("--rounds", type=int, help="default 3; with --quick 1")
    parser.add_argument("--only", nargs="+", metavar="ROW", default=[], help="B1, B2 ...")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="the rows as an array")
    parser.add_argument("--growth", type=pathlib.Path, metavar="DIRECTORY",
                        help="instead of the rows: growth.svg and growth.json")
    parser.add_argument("--markdown", type=pathlib.Path, metavar="FILE",
                        help="the rows as README shows them")
    options = parser.parse_args()
    options.rounds = options.rounds or (1 if options.quick else 3)
    return options


def _measure_growth(options):
    growth.write(growth.measure(options), _heading(), options.growth)


def _measure_rows(options):
    began = time.monotonic()
    machine = standstills.watch(500 if options.quick else 2000)
    results = rounds.run(plan.measurements(options.only), plan.LOADS, options)
    beside = list(rows.micro_rows(options.only, options.quick))
    found = rows.measured_rows(results, options.only) + beside
    found = rows.in_order(found + rows.missing_rows(beside, options.only))
    if options.markdown:
        options.markdown.write_text(_markdown(found, options))
    if options.json:
        text = json.dumps([dataclasses.asdict(row) for row in found], indent=1)
        options.json.write_text(text + "\n")
    _print(results, found, options, machine, time.monotonic() - began)


def _markdown(found, options):
    worst = max((row.spread for row in found if row.row and row.spread), default=0)
    return "\n\n".join([
        f"`{_command()}` on {_heading()}; median of {options.rounds} rounds, which differ by "
        f"{worst:.0%} at most.", table.in_markdown(found), *paper.derive(found)]) + "\n"


def _command():
    return " ".join(["scripts/bench", *sys.argv[1:]])


def _print(results, found, options, machine, seconds):
    print(_heading())
    print(f"60-byte frames, 100 targets, one worker, burst 64; {options.rounds} round(s), "
          f"{seconds:.0f} s: {_command()}\n")
    table.print_table(found)
    print("\n".join(["", *paper.derive(found)]))
    if results:
        table.print_source(results)
        table.print_times(results)
        table.print_counters(results)
        _print_caveats(results, machine)


def _print_caveats(results, machine):
    print("\nRates are for a second in which the workers really ran. A second worker shares CPU 0 "
          "with management.")
    print(f"This machine stopped a thread that only looked at the clock {machine}.")
    ran = min(run.ran for (_, load), runs in results.items() for run in runs
              if plan.LOADS[load].workers == 1)
    if ran < QUIET:
        print(f"This machine was not quiet: in one interval the worker had only {ran:.0%} of its "
              "CPU, and caches and memory were shared. Do not trust these figures.")


def _heading():
    return f"{_machine()}, DPDK {dpdk_source.version()}, {datetime.date.today()}"


def _machine():
    text = pathlib.Path("/proc/cpuinfo").read_text()
    model = re.search(r"model name\s*: (.*)", text)
    with contextlib.suppress(OSError):
        cache = pathlib.Path("/sys/devices/system/cpu/cpu0/cache/index3/size").read_text().strip()
        return f"{os.cpu_count()} CPUs {model[1]} ({platform.machine()}), L3 {cache}"
    return f"{os.cpu_count()} CPUs {model[1] if model else platform.machine()}"


if __name__ == "__main__":
    main()
