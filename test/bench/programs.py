"""The programs that are measured, each with the packet source loaded into it."""
import subprocess
import time

import dpdk_source
from counters import Sum
from source_report import SourceReport

MANAGEMENT_CPU = 0
WORKER_CPUS = [1, 0]  # the first worker has a CPU of its own, the second shares with management
BURST = 64  # holdfastd's


class Program:
    """One run of a program: a process, its log, and the page of its source."""

    sink = None  # the page of a second device that only takes packets

    def __init__(self, load, timing, directory):
        self.load = load
        self.directory = directory
        self.source = SourceReport(directory / "source", load.workers)
        self.arguments = load.arguments(report=self.source.path, **timing)
        self.log = directory / "log"
        self.process = None

    def __enter__(self):
        # It ends with us, however we end.
        command = ["setpriv", "--pdeathsig", "TERM", *map(str, self.command())]
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log,
                                            stderr=subprocess.STDOUT, start_new_session=True)
        return self

    def __exit__(self, *unused):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdin.close()

    def taken(self):
        return (self.sink or self.source).total("taken")

    def counters(self):
        """The program's own, None if it tells none."""
        return None

    def prepare(self):
        """Called before packets come, when the connections are open."""

    def act(self):
        """Called again and again while packets come."""
        time.sleep(0.01)

    def sums(self, given, taken, counted):
        """What must be true after an interval."""
        yield Sum("packets that came out = given by the source", taken, given)


def _eal(cpus, main_cpu):
    """Arguments for lcores 1, 2... on `cpus`; lcore 0 on `main_cpu` unless that is None."""
    lcores = [f"{i}@{cpu}" for i, cpu in enumerate(cpus, 1)]
    if main_cpu is not None:
        lcores.insert(0, f"0@{main_cpu}")
    return [f"--lcores={','.join(lcores)}", f"--main-lcore={lcores[0][0]}", "--in-memory",
            "--no-pci", "--no-telemetry", "-d", dpdk_source.DRIVER]


class Testpmd(Program):
    mode = None
    check = "none"

    def command(self):
        queues = self.load.workers
        return ["dpdk-testpmd", *_eal(WORKER_CPUS[:queues], MANAGEMENT_CPU),
                "--vdev", f"net_flows0,{self.arguments},check={self.check}", "--",
                f"--forward-mode={self.mode}", f"--nb-cores={queues}", f"--rxq={queues}",
                f"--txq={queues}", f"--burst={BURST}", "--total-num-mbufs=8192",
                "--no-lsc-interrupt", "--no-flush-rx"]


class TestpmdIo(Testpmd):
    """Receives and transmits: what the source itself costs."""
    mode = "io"


class TestpmdMacswap(Testpmd):
    """Touches every header: MS."""
    mode = "macswap"
    check = "swap"


class L3fwdExactMatch(Program):
    """Looks every packet up in rte_hash: EM. Only what it finds goes to the second device."""

    def __init__(self, load, timing, directory):
        super().__init__(load, timing, directory)
        self.sink = SourceReport(directory / "sink")

    def command(self):
        rules = self.directory / "rules"
        nobody = self.directory / "rules6"
        nobody.write_text("R2001:db8::1 2001:db8::2 9 9 17 1\n")
        return [dpdk_source.L3FWD, *_eal(WORKER_CPUS[:1], None),
                "--vdev", f"net_flows0,{self.arguments},rules={rules}",
                "--vdev", f"net_flows1,flows=0,report={self.sink.path}", "--",
                "-p", "3", "--lookup=em", "--config=(0,0,1)", f"--rule_ipv4={rules}",
                f"--rule_ipv6={nobody}"]
