"""How often the machine itself stops a thread (machine/standstills.c)."""
import dataclasses
import subprocess

import dpdk_source
from programs import WORKER_CPUS

SOURCE = dpdk_source.HERE / "machine" / "standstills.c"
PROGRAM = dpdk_source.BUILD / "standstills"
LIMIT = 20e-6


@dataclasses.dataclass(frozen=True)
class Standstills:
    """Of a thread on the first worker's CPU that does nothing: those above LIMIT."""
    per_second: float
    part: float      # of the time, all that were noticed
    longest: float   # seconds

    def __str__(self):
        return (f"{self.per_second:.0f} times a second for more than {LIMIT * 1e6:.0f} us, "
                f"{self.longest * 1e6:.0f} us the longest, {self.part:.1%} of the time in all")


def watch(milliseconds):
    if dpdk_source.is_outdated(PROGRAM, [SOURCE]):
        subprocess.run(["gcc", "-O2", SOURCE, "-o", PROGRAM], check=True)
    output = subprocess.run(["taskset", "--cpu-list", str(WORKER_CPUS[0]), PROGRAM,
                             str(milliseconds)], check=True, stdout=subprocess.PIPE, text=True)
    cycles_per_second, looked_at, *found = map(int, output.stdout.split())
    long = [cycles for cycles in found if cycles > LIMIT * cycles_per_second]
    return Standstills(len(long) * cycles_per_second / looked_at, sum(found) / looked_at,
                       max(found, default=0) / cycles_per_second)
