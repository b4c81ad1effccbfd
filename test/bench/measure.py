"""One measured interval of one program."""
import dataclasses
import pathlib
import tempfile
import time

import source_report
from counters import Counters

START_SECONDS = 60
SETTLE_SECONDS = 5


class Failed(Exception):
    pass


@dataclasses.dataclass(frozen=True)
class Result:
    """`rate`: packets in a second that the worker really ran, all workers together."""
    rate: float
    ran: float         # part of the interval in which the worker ran; the rest went to others
    footprint: int     # bytes of headers that the source reads
    checked: int       # transmitted packets that were compared with what was given
    wrong: int         # of them, what differed, or went to another target than before
    counted: Counters = None
    sums: tuple = ()
    times: tuple = ()  # with a pace: (seconds, packets) from arrival to transmission, by seconds
    standstills: float = 0  # with a pace: a second, of the polling thread (source/pace.h)
    stood_still: float = 0  # part of the time
    missed: float = 0       # with a pace: part of the packets that came, and found no room

    def time(self, part):
        """Seconds within which this part of the packets left."""
        wanted = part * sum(count for _, count in self.times)
        for seconds, count in self.times:
            wanted -= count
            if wanted <= 0:
                return seconds
        raise Failed("no packet came out that says when it arrived")


def measure(program_class, load, timing):
    """Raises Failed, with what the program said, if the interval is not what it should be."""
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-", dir="/dev/shm") as directory:
        with program_class(load, timing, pathlib.Path(directory)) as program:
            try:
                return _measured(program)
            except Failed as failure:
                log = program.log.read_text(errors="replace")[-2000:]
                raise Failed(f"{program_class.__name__}, {load}: {failure}\n{log}") from None


def _measured(program):
    _wait_for(program, source_report.READY, START_SECONDS)
    program.prepare()
    before = Settled(program)
    program.source.begin()
    _wait_for(program, source_report.DONE, START_SECONDS, program.act)
    after = Settled(program)
    return _result(program, before, after)


class Settled:
    """Counters when no packet is under way: the source gives none, all it gave are counted."""

    def __init__(self, program):
        self.given = program.source.total("given")
        deadline = time.monotonic() + SETTLE_SECONDS
        while not self._look(program):
            if time.monotonic() > deadline:
                raise Failed(f"{self.given} packets were given, {self.taken} came out")

    def _look(self, program):
        self.taken = program.taken()
        time.sleep(0.02)  # a worker counts a batch after it was transmitted
        self.counted = program.counters()
        # It may also speak for itself meanwhile.
        return self.taken >= self.given and program.taken() == self.taken


def _wait_for(program, state, seconds, meanwhile=lambda: time.sleep(0.01)):
    deadline = time.monotonic() + seconds
    while not program.source.all_in(state):
        if program.process.poll() is not None:
            raise Failed(f"ended with status {program.process.returncode}")
        if time.monotonic() > deadline:
            raise Failed(f"is not in state {state} of its source after {seconds} s")
        meanwhile()


def _result(program, before, after):
    counted = after.counted - before.counted if after.counted else None
    equations = tuple(program.sums(after.given - before.given, after.taken - before.taken, counted))
    _check(program, equations)
    source = program.source
    queues = source.queues()
    cycles = source.total("window_cycles")
    missed = source.total("missed")
    ran = [queue["window_cpu_ns"] / 1e9 for queue in queues]
    return Result(rate=sum(queue["window_given"] / it for queue, it in zip(queues, ran)),
                  ran=sum(ran) * source.cycles_per_second / cycles, footprint=source.footprint,
                  checked=source.total("checked"), wrong=source.total("wrong"), counted=counted, sums=equations,
                  times=tuple(source.times()),
                  standstills=source.total("standstills") * source.cycles_per_second / cycles,
                  stood_still=source.total("standstill_cycles") / cycles,
                  missed=missed / (missed + source.total("window_given")))


def _check(program, equations):
    broken = [f"{e.what}: {e.left} and {e.right}" for e in equations if not e.holds]
    if broken:
        raise Failed("the counters do not add up: " + "; ".join(broken))
    for queue in program.source.queues():
        if queue["no_buffer"]:
            raise Failed("it ran out of packet buffers")
        if queue["wrong"]:
            frame = queue["wrong_frame"][:queue["wrong_length"]].hex()
            raise Failed(f"{queue['wrong']} of the {queue['checked']} transmitted packets that were "
                         f"looked at are wrong, the first: {frame}")
