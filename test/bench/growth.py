"""How rate and latency change with what there is more of: curves, and their picture."""
import dataclasses
import json
import typing

import growth_picture
import rounds
from load import Load

NEW = {"flows": 32_000_000, "mix": "syn", "fill": 2_000_000}  # as "new" in plan.py


@dataclasses.dataclass(frozen=True)
class Curve:
    """`load` is what is measured at x. With `latency` also at 80 % of the rate found."""
    of: str
    unit: str
    what: str          # "established, 1M flows"
    xs: tuple
    load: typing.Callable = None  # of x; None: nothing of it can be measured yet
    reference: str = None
    latency: bool = False
    waits_for: str = None  # what the rest of the curve needs


CURVES = [
    Curve("connections", "Mpps", "established", (1_000, 10_000, 100_000, 1_000_000, 10_000_000),
          Load, "MS", latency=True),
    Curve("targets", "Mpps", "established, 1M flows", (2, 10, 100, 1_000),
          lambda x: Load(1_000_000, targets=x), latency=True),
    Curve("services", "Mpps", "established, 1M flows", (1, 10, 100, 1_000),
          lambda x: Load(1_000_000, services=x), latency=True,
          waits_for="more than 1024 services"),
    Curve("workers", "Mpps", "established, 1M flows", (1, 2),
          lambda x: Load(1_000_000, workers=x), "MS"),
    Curve("affinities", "M/s", "every packet a new connection", (0, 1_000, 10_000, 100_000),
          lambda x: Load(**NEW, affinities=x), waits_for="starts in batches, beyond 100k"),
    Curve("prefix classes", "M/s", "every packet a new connection", (0, 8),
          waits_for="affinities of client prefixes"),
]


@dataclasses.dataclass(frozen=True)
class Point:
    """Medians of the rounds; rates in millions a second, times in microseconds."""
    x: int
    rate: float
    spread: float
    reference: float = None
    p50: float = None
    p99: float = None


def measure(options):
    """The curves, each with its points."""
    loads, measurements = {}, []
    for curve in CURVES:
        for x in curve.xs if curve.load else ():
            measurements += _measurements(curve, x, loads)
    results = rounds.run(measurements, loads, options)
    return [(curve, [_point(curve, x, results) for x in curve.xs] if curve.load else [])
            for curve in CURVES]


def write(curves, heading, directory):
    """growth.json and growth.svg."""
    told = [{"of": curve.of, "unit": curve.unit, "what": curve.what, "reference": curve.reference,
             "waits_for": curve.waits_for, "points": [dataclasses.asdict(it) for it in points]}
            for curve, points in curves]
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "growth.json").write_text(
        json.dumps({"measured": heading, "curves": told}, indent=1) + "\n")
    (directory / "growth.svg").write_text(growth_picture.draw(told, heading))


def _measurements(curve, x, loads):
    name = f"{x} {curve.of}"
    loads[name] = curve.load(x)
    if curve.reference:
        yield curve.reference, name
    yield "holdfastd", name
    if curve.latency:
        loads[name + " at 80 %"] = dataclasses.replace(loads[name], share=(0.8, name))
        yield "holdfastd", name + " at 80 %"


def _point(curve, x, results):
    name = f"{x} {curve.of}"
    rates = _values(results, ("holdfastd", name), lambda result: result.rate / 1e6)
    paced = ("holdfastd", name + " at 80 %")
    return Point(x, _median(rates), (max(rates) - min(rates)) / _median(rates),
                 _median(_values(results, (curve.reference, name), lambda it: it.rate / 1e6)),
                 _median(_values(results, paced, lambda it: it.time(0.50) * 1e6)),
                 _median(_values(results, paced, lambda it: it.time(0.99) * 1e6)))


def _values(results, measured, figure):
    return [figure(result) for result in results.get(measured, [])]


def _median(values):
    return sorted(values)[len(values) // 2] if values else None
