"""The balancer with its usual configuration, control plane and metrics."""
import ipaddress
import json
import socket
import subprocess
import urllib.request

import affinities
import dpdk_source
from counters import Counters, Sum, sums_of
from programs import MANAGEMENT_CPU, WORKER_CPUS, Program

BUILD = dpdk_source.BUILD.parent / "release"
BALANCER = "192.168.0.1"
FIRST_VIP = ipaddress.ip_address("198.18.0.1")  # that of the source
CLIENT_SIDE, TARGET_SIDE = "fd00:1::", "fd00:2::"  # of IPv6 (source/images.h)


def _in_family(family, side, address):
    """The address of IPv6 that stands for this one of IPv4, or itself."""
    ipv4 = ipaddress.ip_address(address)
    return str(ipv4 if family == 4 else ipaddress.ip_address(side) + int(ipv4))


def _target(number, family):
    """Its address ends in the same two bytes as its MAC: the source knows it by them."""
    high, low = divmod(257 + number, 256)
    return {"name": f"target-{number}",
            "address": _in_family(family, TARGET_SIDE, f"192.168.{high}.{low}"),
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
        return self._nat() | {
            "eal": {"memory_mb": 256, "extra_args": ["-d", str(dpdk_source.DRIVER)]},
            "cores": {"management": MANAGEMENT_CPU, "workers": workers,
                      "poll": "adaptive" if MANAGEMENT_CPU in workers else "busy"},
            "ports": [{"name": "bench", "device": device, "addresses": [self._own_address()]}],
            "connections": {"per_worker": self.room()},
            "control": {"listen": [f"unix:{self.directory}/control.sock"]},
            "metrics": {"listen": self.metrics_address},
            "affinities": {"capacity": max(1_000_000, self.load.affinities)},
            "targets": [_target(number, self.load.family) for number in range(self.load.targets)],
            "services": [self._service(number, "tcp") for number in range(self.load.services)] +
                        [self._service(0, "udp")],
        }

    def _nat(self):
        """Room for each flow's session, and a port to its target."""
        if self.load.forwarding != "nat":
            return {}
        return {"nat": {"ports": "1024-60999", "sessions_per_worker": self.room()}}

    def _own_address(self):
        own = _in_family(self.load.family, TARGET_SIDE, BALANCER)
        return f"{own}/{16 if self.load.family == 4 else 112}"

    def _service(self, number, protocol):
        vip = _in_family(self.load.family, CLIENT_SIDE, FIRST_VIP + number)
        return {"name": f"{protocol}-{number}", "vip": vip,
                "protocol": protocol, "ports": [80], "forwarding": self.load.forwarding,
                "targets": [{"target": f"target-{i}"} for i in range(self.load.targets)]}

    def room(self):
        """A quarter more than there are flows. A flood, and new flows without end, fill it up."""
        if self.load.flood or self.load.mix == "syn":
            return 1_000_000
        return max(1_000_000, self.load.flows + self.load.flows // 4)

    def counters(self):
        with urllib.request.urlopen(f"http://{self.metrics_address}/metrics",
                                    timeout=5) as answer:
            return Counters.of(answer.read().decode())

    def prepare(self):
        affinities.start(f"unix:{self.directory}/control.sock", self.load)

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
