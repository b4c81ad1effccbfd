"""What holdfastd counted in an interval, and the sums that must add up."""
import dataclasses
import re

SAMPLE = re.compile(r'^(\w+)(?:\{(.*)\})? (\S+)$')
LABEL = re.compile(r'(\w+)="([^"]*)"')


class Counters:
    """Samples of one look at the metrics, or the difference of two."""

    def __init__(self, samples):
        self._samples = samples

    @classmethod
    def of(cls, text):
        matches = (SAMPLE.match(line) for line in text.splitlines() if line[:1] != "#")
        return cls({(match[1], frozenset(LABEL.findall(match[2] or ""))): float(match[3])
                    for match in matches if match})

    def __sub__(self, before):
        return Counters({key: value - before._samples.get(key, 0)
                         for key, value in self._samples.items()})

    def sum(self, name, **labels):
        return int(sum(value for (sample, its), value in self._samples.items()
                       if sample == name and set(labels.items()) <= its))

    @property
    def received(self):
        return self.sum("holdfast_worker_rx_packets_total")

    @property
    def sent(self):
        return self.sum("holdfast_worker_tx_packets_total")

    @property
    def forwarded(self):
        return self.sum("holdfast_packets_total")

    @property
    def drops(self):
        return self.sum("holdfast_drops_total")

    @property
    def requests(self):
        return self.sum("holdfast_connection_requests_total")

    def step(self, step):
        return self.sum("holdfast_packets_total", step=step)

    def event(self, event):
        return self.sum("holdfast_connection_table_events_total", event=event)

    def turns(self, interrupted=False):
        """A list of (seconds, turns), by seconds: turns that took at most so long, and longer
        than the one before. For the last one seconds is infinity."""
        name = f"holdfast_worker_{'interrupted_' * interrupted}turn_seconds_bucket"
        limits = {float(dict(its)["le"]) for sample, its in self._samples if sample == name}
        found, before = [], 0
        for limit in sorted(limits):
            count = sum(value for (sample, its), value in self._samples.items()
                        if sample == name and float(dict(its)["le"]) == limit)
            found.append((limit, int(count) - before))
            before = int(count)
        return found

    def replies(self):
        return (self.sum("holdfast_replies_total") -
                self.sum("holdfast_replies_total", kind="rate_limited"))


@dataclasses.dataclass(frozen=True)
class Sum:
    """An equation between counters."""
    what: str
    left: int
    right: int
    tolerance: int = 0

    @property
    def holds(self):
        return abs(self.left - self.right) <= self.tolerance


def sums_of(counted, given, taken, load):
    """What must be true of an interval in which the source gave and took so many packets."""
    local = counted.sum("holdfast_local_packets_total")
    yield Sum("received = given by the source", counted.received, given)
    yield Sum("sent = taken by the source", counted.sent, taken)
    yield Sum("received = forwarded + local + drops", counted.received,
              counted.forwarded + local + counted.drops)
    yield Sum("sent = forwarded + replies", counted.sent, counted.forwarded + counted.replies())
    yield Sum("drops = 0", counted.drops, 0)
    yield from (_sums_of_syns if load.mix == "syn" else _sums_of_established)(counted, load)


def _sums_of_syns(counted, load):
    # Some that came before are still there, where chance spared them.
    again = counted.step("connection")
    yield Sum("requests + SYNs that came again = received", counted.requests + again,
              counted.received)
    yield Sum("SYNs that came again = 0", again, 0, tolerance=counted.received // 100)
    if load.affinities:
        yield Sum("requests by affinity = of clients that have one",
                  counted.sum("holdfast_connection_requests_total", decision="affinity"),
                  counted.received * load.affinities // load.flows,
                  tolerance=1 + counted.received // 100)
    yield Sum("inserted + not remembered = requests",
              counted.event("inserted") + counted.event("not_remembered"), counted.requests)


def _sums_of_established(counted, load):
    yield Sum("hits of the connection table = received - requests", counted.step("connection"),
              counted.received - counted.requests)
    for event in ("expired", "evicted_closing", "evicted_unproven", "stale"):
        yield Sum(f"{event} = 0", counted.event(event), 0)
    if load.flood:
        # Where in the flood's turn an interval begins and ends is not known.
        yield Sum("requests = SYNs of the flood", counted.requests,
                  counted.received // load.flood_every, tolerance=2 * load.workers * 2048)
    else:
        yield Sum("requests = 0", counted.requests, 0)
