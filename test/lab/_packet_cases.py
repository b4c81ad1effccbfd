#!/usr/bin/python3
"""Packet cases as data: plays them to a balancer and compares.

_packet_cases.py configuration DIRECTORY GRPC_ADDRESS METRICS_ADDRESS   prints holdfastd's file
_packet_cases.py play DIRECTORY INTERFACE METRICS_URL                   one line for each case
_packet_cases.py again DIRECTORY INTERFACE METRICS_URL                  those that are dropped

A case of DIRECTORY/*.yaml:

  name:     what comes
  in:       scapy expressions; a packet without Ether is from CLIENT_MAC to the balancer
  verdict:  {family.label: delta}; exactly these counters grow (drops, local, replies, packets)
  out:      the frames that leave, in order, or none. `to` is a MAC by name, `is` a scapy
            expression: the frame has its layers, and the fields that it names

Whatever leaves has the checksums that scapy computes for it. When a case is counted, an ARP
request follows: its answer leaves after all else, so a frame too many is seen without waiting.
"""
import collections
import pathlib
import re
import sys
import time
import urllib.request

import yaml
from scapy import all as scapy
from scapy.all import ARP, ICMP, IP, TCP, UDP, Ether, IPv6, Raw

CONSTANTS = {
    "CLIENT": "10.0.0.11", "CLIENT6": "fd00::11", "CLIENT_MAC": "02:00:00:00:00:11",
    "OWN": "10.0.0.2", "OWN6": "fd00::2", "BROADCAST": "ff:ff:ff:ff:ff:ff",
    "T4": "10.0.0.101", "T6": "fd00::101",
    "T4_MAC": "02:00:00:00:01:04", "T6_MAC": "02:00:00:00:01:06",
    "VIP": "10.0.0.80", "VIP6": "fd00::80",
    "IPIP": "10.0.0.81", "IPIP6": "fd00::81", "GUE": "10.0.0.82", "GUE6": "fd00::82",
    "NAT": "10.0.0.83", "NAT6": "fd00::83", "WIDE": "10.0.0.84", "WIDE6": "fd00::84",
    "NOBODY": "10.0.0.99", "NOBODY6": "fd00::99",
    # Those of another family than their target.
    "IPIP4IN6": "10.0.0.85", "IPIP6IN4": "fd00::85", "GUE4IN6": "10.0.0.86", "GUE6IN4": "fd00::86",
    "EMPTY": "10.0.0.87", "EMPTY6": "fd00::87", "MUTE": "10.0.0.88",
}

ASKER_MAC = "02:00:00:00:00:aa"

# No packet of a case can provoke these drops.
NOT_PROVOKED = {
    "handover_full": "needs two workers, one of them behind",
    "tx_full": "needs a device that is behind",
    "kernel_rate": "needs a kernel interface and a flood: kernel_share_test.sh",
    "kernel_full": "needs a kernel interface that is behind: kernel_share_test.sh",
    "nat_full": "needs thousands of connections",
    "vlan": "needs a device with VLANs: vlan_test.sh",
}

FAMILIES = {"drops": ("holdfast_drops_total", "reason"),
            "local": ("holdfast_local_packets_total", "kind"),
            "replies": ("holdfast_replies_total", "kind"),
            "packets": ("holdfast_packets_total", "step"),
            "returned": ("holdfast_returned_packets_total", "service")}


def services():
    c = CONSTANTS
    for vip, mode, target in (
            ("VIP", "l2", "t4"), ("VIP6", "l2", "t6"), ("IPIP", "ipip", "t4"),
            ("IPIP6", "ipip", "t6"), ("GUE", "gue", "t4"), ("GUE6", "gue", "t6"),
            ("NAT", "nat", "t4"), ("NAT6", "nat", "t6"), ("IPIP4IN6", "ipip", "t6"),
            ("IPIP6IN4", "ipip", "t4"), ("GUE4IN6", "gue", "t6"), ("GUE6IN4", "gue", "t4"),
            ("MUTE", "l2", "mute")):
        for protocol in ("tcp", "udp"):
            yield {"name": f"{vip}-{protocol}".lower(), "vip": c[vip], "protocol": protocol,
                   "ports": [80], "forwarding": mode, "targets": [{"target": target}],
                   **({"target_port": 8080} if mode == "nat" else {})}
    for vip, target in (("EMPTY", "t4"), ("EMPTY6", "t6")):
        for protocol in ("tcp", "udp"):
            yield {"name": f"{vip}-{protocol}".lower(), "vip": c[vip], "protocol": protocol,
                   "ports": [80], "targets": [{"target": target, "weight": 0}]}
    for vip, target in (("WIDE", "t4"), ("WIDE6", "t6")):
        yield {"name": f"{vip}-range".lower(), "vip": c[vip], "protocol": "tcp",
               "ports": ["8000-8999"], "targets": [{"target": target}]}
        yield {"name": f"{vip}-all".lower(), "vip": c[vip], "protocol": "udp",
               "ports": ["all"], "targets": [{"target": target}]}
    for prefix, target in (("10.0.1.0/28", "t4"), ("fd01::/124", "t6")):
        yield {"name": f"prefix-{target}", "vip": prefix, "protocol": "tcp", "ports": [80],
               "targets": [{"target": target}]}


def configuration(grpc, metrics):
    c = CONSTANTS
    return {
        "eal": {"huge_pages": False, "memory_mb": 64},
        "cores": {"management": 0, "workers": [0], "poll": "adaptive"},
        "ports": [{"name": "lan", "device": "net_tap0,iface=hftap0",
                   "addresses": [c["OWN"] + "/24", c["OWN6"] + "/64"]}],
        "connections": {"per_worker": 65536}, "affinities": {"capacity": 65536},
        "nat": {"ports": "20000-20999"},
        "control": {"listen": [grpc], "insecure": True}, "metrics": {"listen": metrics},
        "targets": [{"name": "t4", "address": c["T4"], "mac": c["T4_MAC"]},
                    {"name": "t6", "address": c["T6"], "mac": c["T6_MAC"]},
                    {"name": "mute", "address": "10.0.0.103"}],
        "services": list(services())}


def read_cases(directory):
    for file in sorted(pathlib.Path(directory).glob("*.yaml")):
        for case in yaml.safe_load(file.read_text()):
            yield file.stem, case


def counters(url):
    found = collections.Counter()
    text = urllib.request.urlopen(url, timeout=5).read().decode()
    for family, (metric, label) in FAMILIES.items():
        for labels, value in re.findall(rf"^{metric}{{(.*)}} (\S+)$", text, re.M):
            name = re.search(rf'{label}="([^"]*)"', labels)[1]
            found[f"{family}.{name}"] += int(float(value))
    # Questions to neighbours go out when their time has come.
    del found["replies.injected"]
    return found


def with_gue(packet):
    """Scapy takes what is in GUE (variant 1) for bytes."""
    if UDP in packet and packet[UDP].dport == 6080 and Raw in packet:
        inner = bytes(packet[Raw])
        packet[UDP].remove_payload()
        packet[UDP].add_payload((IP if inner[0] >> 4 == 4 else IPv6)(inner))
    return packet


def layers(packet):
    """From the outside in; not what an ICMP error quotes."""
    while packet and not isinstance(packet, (scapy.NoPayload, scapy.IPerror, scapy.IPerror6)):
        yield packet
        packet = packet.payload


def wrong_checksums(frame):
    """Of each layer, the fields that scapy computes otherwise."""
    again = frame.copy()
    for layer in layers(again):
        for field in ("chksum", "cksum"):
            if field in layer.fields and not (isinstance(layer, UDP) and layer.chksum == 0):
                delattr(layer, field)
    again = with_gue(Ether(bytes(again)))
    return [f"{one.name} {field} {one.fields[field]:#x}, computed {two.fields[field]:#x}"
            for one, two in zip(layers(frame), layers(again)) for field in ("chksum", "cksum")
            if field in one.fields and one.fields[field] != two.fields.get(field)]


def differences(frame, wanted):
    mine = list(layers(frame))
    for layer in layers(wanted):
        while mine and type(mine[0]) is not type(layer):
            mine.pop(0)
        if not mine:
            return [f"no {layer.name}"]
        got = mine.pop(0)
        for field in layer.fields:
            value, expected = got.getfieldval(field), layer.getfieldval(field)
            if value != expected:
                return [f"{layer.name} {field} {value}, not {expected}"]
    return wrong_checksums(frame)


class Player:
    def __init__(self, interface, url):
        self.url = url
        self.socket = scapy.conf.L2socket(iface=interface, promisc=True)
        self.names = {**vars(scapy), **CONSTANTS, "LB_MAC": scapy.get_if_hwaddr(interface)}
        self.turn = 0
        self.last = []

    def evaluate(self, text):
        return eval(text, dict(self.names, OUT=self.last))  # pylint: disable=eval-used

    def frame(self, text):
        packet = self.evaluate(text)
        if isinstance(packet, bytes):
            return Raw(packet)
        if not isinstance(packet, Ether):
            packet = Ether(src=CONSTANTS["CLIENT_MAC"], dst=self.names["LB_MAC"]) / packet
        return Raw(bytes(packet))

    def frames_until_answer(self, asker):
        """What leaves, up to the answer to `asker`."""
        frames, deadline = [], time.monotonic() + 5
        while time.monotonic() < deadline:
            if not self.socket.select([self.socket], 0.2):
                continue
            frame = self.socket.recv()
            if frame is None or frame.src != self.names["LB_MAC"]:
                continue
            if ARP in frame and frame[ARP].pdst == asker:
                return frames
            if ARP in frame and frame.dst == CONSTANTS["BROADCAST"]:
                continue  # its own questions and announcements
            if scapy.ICMPv6ND_NS in frame or frame.dst.startswith("33:33"):
                continue
            frames.append(with_gue(frame))
        raise SystemExit("the balancer answers no ARP any more")

    def play(self, case):
        """What is wrong; empty when all is right."""
        before = counters(self.url)
        for frame in [self.frame(text) for text in case["in"]]:
            self.socket.send(frame)
        # Within a batch an answer may overtake; after its counters it can't.
        wanted = collections.Counter(case["verdict"])
        self.wrong_counters(wanted, before)
        self.last = self.frames_until_answer(self.ask())
        wanted.update({"local.arp_request": 1, "replies.arp_reply": 1})
        return self.wrong_counters(wanted, before) + self.wrong_frames(case)

    def ask(self):
        self.turn += 1
        asker = f"10.0.0.{200 + self.turn % 50}"
        self.socket.send(Ether(src=ASKER_MAC, dst=CONSTANTS["BROADCAST"]) / ARP(
            hwsrc=ASKER_MAC, psrc=asker, pdst=CONSTANTS["VIP"]))
        return asker

    def wrong_counters(self, wanted, before):
        deadline = time.monotonic() + 2
        while True:
            got = counters(self.url) - before
            if got == wanted:
                return []
            if time.monotonic() > deadline:
                return [f"counted {dict(got - wanted)} too much, {dict(wanted - got)} too little"]
            time.sleep(0.01)

    def wrong_frames(self, case):
        wanted = case["out"] or []
        if len(wanted) != len(self.last):
            return [f"{len(self.last)} frames left, not {len(wanted)}: "
                    + "; ".join(frame.summary() for frame in self.last)]
        wrong = []
        for frame, expected in zip(self.last, wanted):
            if frame.dst != CONSTANTS[expected["to"]]:
                wrong.append(f"it left to {frame.dst}, not {expected['to']}")
            wrong += differences(frame, self.evaluate(expected["is"]))
        return wrong


def uncovered(cases, url):
    reasons = {name.split(".")[1] for name in counters(url) if name.startswith("drops.")}
    covered = {name.split(".")[1] for _, case in cases for name in case["verdict"]
               if name.startswith("drops.")}
    return sorted(reasons - covered - set(NOT_PROVOKED))


def only_drops(case):
    """It leaves nothing behind, so it can be played again."""
    return all(name.startswith("drops.") for name in case["verdict"])


def play_all(cases, interface, url):
    player = Player(interface, url)
    failed = 0
    for topic, case in cases:
        wrong = player.play(case)
        failed += bool(wrong)
        print(f"  {'FAILED' if wrong else 'ok'}: {topic}: {case['name']}", flush=True)
        for sentence in wrong:
            print(f"      {sentence}", flush=True)
    missing = uncovered(cases, url)
    print(f"  {len(cases)} cases, {failed} failed; drop reasons without a case: {missing or 'none'}")
    return failed == 0 and not missing


def main():
    verb, directory, first, second = sys.argv[1:5]
    if verb == "configuration":
        print(yaml.safe_dump(configuration(first, second)))
        return
    cases = list(read_cases(directory))
    if verb == "again":
        player = Player(first, second)
        sys.exit(any([player.play(case) for _, case in cases if only_drops(case)]))
    sys.exit(0 if play_all(cases, first, second) else 1)


if __name__ == "__main__":
    main()
