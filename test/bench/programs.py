"""The programs that are measured, each with the packet source loaded into it."""
import dataclasses
import json
import socket
import subprocess
import time
import urllib.request

import dpdk_source
from counters import Counters, Sum, sums_of
from source_report import SourceReport

BUILD = dpdk_source.BUILD.parent / "release"
MANAGEMENT_CPU = 0
WORKER_CPUS = [1, 0]  # the first worker has a CPU of its own, the second shares with management
TARGETS = 100
BALANCER = "192.168.0.1"
BURST = 64  # holdfastd's


@dataclasses.dataclass(frozen=True)
class Load:
    """What the source gives; the names are those of source/settings.h."""
    flows: int
    mix: str = "established"
    order: str = "random"
    flood: int = 0
    flood_every: int = 0
    fill: int = 0
    workers: int = 1
    forwarding: str = "ipip"  # to the targets; the references have no targets
    check_every: int = 4096
    pace: int = 0      # packets a second
    drains: bool = False  # a target after the other, and takes it back
    share: tuple = ()  # or (part, load): so much of what holdfastd does at that load in the round

    def arguments(self, **more):
        words = {**dataclasses.asdict(self), **more}
        words["queues"] = words.pop("workers")
        del words["forwarding"], words["drains"], words["share"]
        return ",".join(f"{key}={value}" for key, value in words.items())


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


def _target(name, number):
    """Its address ends in the same two bytes as its MAC: the source knows it by them."""
    high, low = divmod(257 + number, 256)
    return {"name": name, "address": f"192.168.{high}.{low}",
            "mac": f"02:00:00:00:{high:02x}:{low:02x}"}


class Holdfastd(Program):
    """The balancer with its usual configuration, control plane and metrics."""

    def __init__(self, load, timing, directory):
        super().__init__(load, timing, directory)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.metrics_address = f"127.0.0.1:{free.getsockname()[1]}"
        self.changes = 0

    def command(self):
        config = self.directory / "balancer.yaml"
        config.write_text(json.dumps(self.configuration()))  # YAML includes JSON
        return [BUILD / "src/balancer/holdfastd", "--config", config]

    def configuration(self):
        workers = WORKER_CPUS[:self.load.workers]
        device = (f"net_flows0,{self.arguments},check={self.load.forwarding},"
                  f"balancer={BALANCER},targets=192.168.0.0,target_mac=02:00:00:00")
        targets = [f"target-{i}" for i in range(TARGETS)]
        services = [{"name": f"bench-{protocol}", "vip": "198.18.0.1", "protocol": protocol,
                     "ports": [80], "forwarding": self.load.forwarding,
                     "targets": [{"target": name} for name in targets]}
                    for protocol in ("tcp", "udp")]
        return {
            "eal": {"memory_mb": 256, "extra_args": ["-d", str(dpdk_source.DRIVER)]},
            "cores": {"management": MANAGEMENT_CPU, "workers": workers,
                      "poll": "adaptive" if MANAGEMENT_CPU in workers else "busy"},
            "ports": [{"name": "bench", "device": device, "addresses": [f"{BALANCER}/16"]}],
            "connections": {"per_worker": self.room()},
            "control": {"listen": [f"unix:{self.directory}/control.sock"]},
            "metrics": {"listen": self.metrics_address},
            "targets": [_target(name, number) for number, name in enumerate(targets)],
            "services": services,
        }

    def room(self):
        """A quarter more than there are flows. A flood, and new flows without end, fill it up."""
        if self.load.flood or self.load.mix == "syn":
            return 1_000_000
        return max(1_000_000, self.load.flows + self.load.flows // 4)

    def counters(self):
        with urllib.request.urlopen(f"http://{self.metrics_address}/metrics",
                                    timeout=5) as answer:
            return Counters.of(answer.read().decode())

    def act(self):
        if not self.load.drains:
            return super().act()
        target, takes_back = divmod(self.changes, 2)
        self._control("target", "undrain" if takes_back else "drain", f"target-{target}")
        self.changes += 1

    def _control(self, *words):
        """Not on the CPU of a worker that is measured."""
        subprocess.run(["taskset", "--cpu-list", str(MANAGEMENT_CPU), BUILD / "src/cli/holdfastctl",
                        "--server", f"unix:{self.directory}/control.sock", *words],
                       check=True, stdout=subprocess.DEVNULL)

    def sums(self, given, taken, counted):
        yield Sum("snapshots published = changes of targets",
                  counted.sum("holdfast_snapshots_published_total"), self.changes)
        yield from sums_of(counted, given, taken, self.load)
