"""What a bench prints."""
from plan import LOADS

HEAD = ("row", "what", "measured", "reference", "ratio", "floor", "target", "met", "spread",
        "source")


def print_table(rows):
    lines = [HEAD] + [_cells(row) for row in rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEAD))]
    for line in lines:
        print("  ".join(cell.ljust(width) if i < 2 else cell.rjust(width)
                        for i, (cell, width) in enumerate(zip(line, widths))).rstrip())


def in_markdown(rows):
    """The rows that have a name, without spread and source."""
    columns = len(HEAD) - 2
    lines = [HEAD[:columns], ("---",) * columns]
    lines += [_cells(row)[:columns] for row in rows if row.row]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _cells(row):
    if row.value is None:
        return (row.row, row.name, "not yet", f"waits for {row.waits_for}", "",
                _number(row.floor), _number(row.target), "", "", "")
    reference = f"{row.reference_name} {row.reference:.4g}" if row.reference is not None else ""
    return (row.row, row.name, f"{row.value:.4g} {row.unit}", reference, _number(row.ratio),
            _number(row.floor), _number(row.target), row.met or "", _percent(row.spread),
            "" if row.source_ns is None else f"{row.source_ns:.1f} ns")


def _number(value):
    return "" if value is None else f"{value:.3g}"


def _percent(value):
    return "" if value is None else f"{value:.0%}"


def print_source(results):
    """What the source alone does, and MS and EM, at each load."""
    print("\nThe source and the references: Mpps (median of rounds; part of the time that the "
          "worker ran)")
    for load, settings in LOADS.items():
        its = {name: runs for (name, its_load), runs in results.items() if its_load == load}
        if not its:
            continue
        figures = "   ".join(f"{name} {_median(runs, 'rate') / 1e6:.4g} ({_median(runs, 'ran'):.0%})"
                             for name, runs in its.items())
        some = next(iter(its.values()))[0]
        print(f"  {load:20}{figures}")
        print(f"  {'':20}{some.footprint / 1e6:.3g} MB of headers; {_reuse(settings)}")


def _print_turns(results):
    print("\nTurns of holdfastd's workers longer than 20 us, in the last interval: by what the kernel "
          "knows they had\ntheir CPU, or not (compare with what this machine does to a thread that "
          "only looks at the clock, below)")
    for (_, load), runs in results.items():
        if not runs[-1].counted:
            continue
        own, interrupted = (runs[-1].counted.turns(which) for which in (False, True))
        all_turns = sum(count for _, count in own + interrupted)
        print(f"  {load:20}{_too_long(own)}; interrupted {_too_long(interrupted)}; "
              f"of {all_turns:,}")


def _too_long(turns):
    long = [(seconds, count) for seconds, count in turns if seconds > 20.5e-6 and count]
    if not long:
        return "none"
    worst = "above 10 ms" if long[-1][0] == float("inf") else f"up to {long[-1][0] * 1e6:g} us"
    return f"{sum(count for _, count in long)}, {worst}"


def _median(runs, field):
    return sorted(getattr(run, field) for run in runs)[len(runs) // 2]


def _reuse(load):
    if load.order == "random" and load.mix != "syn":
        return f"a flow comes again after {load.flows:,} packets on average, at random"
    return f"a flow comes again after exactly {load.flows:,} packets"


def print_times(results):
    """Of the last round of what had a pace."""
    for (name, load), runs in results.items():
        last = runs[-1]
        if not last.times:
            continue
        times = "  ".join(f"p{part * 100:g} {last.time(part) * 1e6:.1f}"
                          for part in (0.5, 0.9, 0.99, 0.999, 1))
        print(f"\nTime in the box, {name} {load}, us from arrival to transmission: {times}")
        print(f"  Its thread stood still {last.standstills:.0f} times a second for more than 20 us, "
              f"{last.stood_still:.1%} of the time; the source's clock stood still with it. "
              f"{last.missed:.2%} of the packets found no room in a ring of 1024.")


def print_counters(results):
    """Of the last round: what holdfastd counted, and the sums that were checked."""
    print("\nWhat holdfastd counted in the last interval of each load; every sum was checked")
    for (name, load), runs in results.items():
        last = runs[-1]
        if not last.counted:
            continue
        counted = last.counted
        events = " ".join(f"{event} {counted.event(event):,}" for event in
                          ("inserted", "evicted_unfinished", "not_remembered")
                          if counted.event(event))
        print(f"  {load:20}received {counted.received:,}  hits {counted.step('connection'):,}  "
              f"requests {counted.requests:,}  drops {counted.drops:,}  sent {counted.sent:,}  "
              f"{events}")
        print(f"  {'':20}{len(last.sums)} sums hold; {last.checked:,} sent packets looked at, "
              "all right")
    held = {equation.what: None for runs in results.values() for equation in runs[-1].sums}
    print("  the sums: " + "; ".join(held))
    _print_turns(results)
