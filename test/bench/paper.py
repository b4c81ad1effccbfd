"""What a bigger machine would do, on paper, from what was measured here."""
import math

ON_THE_WIRE = 24           # bytes around a frame: FCS, preamble, gap
IPIP = 20
LINK = 100e9               # bits a second
SMALL, USUAL = 60, 700     # bytes of a frame without FCS
WORKERS = 16


def frames_per_second(length, link=LINK):
    return link / 8 / (length + ON_THE_WIRE)


def derive(rows):
    """Sentences; none where B2 was not measured."""
    rate = _first(rows, "B2", "value")
    if rate is None:
        return []
    second = _first(rows, "B10", "ratio")
    each = rate * (min(1, second / 2) if second else 1)
    assumed = f"as the second one here does ({second:.2f} times one)" if second else \
              "as much as the first (not measured)"
    into, out = (frames_per_second(SMALL + more) / 1e6 for more in (0, IPIP))
    usual = frames_per_second(USUAL + IPIP) / 1e6
    return [
        f"{WORKERS} workers on cores of this kind, with 1M connections each and each worker adding "
        f"{assumed}: {WORKERS * each:.0f} Mpps.",
        f"100 GbE carries {into:.1f} M of these frames a second, and {out:.1f} M when they leave by "
        f"ipip: {math.ceil(out / each)} workers fill it. With frames of {USUAL} bytes it carries "
        f"{usual:.1f} M: {math.ceil(usual / each)} are enough.",
    ]


def _first(rows, name, field):
    return next((getattr(row, field) for row in rows if row.row == name), None)
