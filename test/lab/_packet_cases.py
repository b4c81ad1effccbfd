#!/usr/bin/python3
"""Packet cases as data: plays them to a balancer and compares.

_packet_cases.py configuration DIRECTORY DEVICE GRPC METRICS   prints holdfastd's file
_packet_cases.py play DIRECTORY INTERFACE MAC METRICS_URL      one line for each case
_packet_cases.py again DIRECTORY INTERFACE MAC METRICS_URL     those that are only dropped
_packet_cases.py whole DIRECTORY INTERFACE MAC METRICS_URL     those without IPv4 fragments
_packet_cases.py coverage DIRECTORY METRICS_URL                has every drop reason a case?

INTERFACE is the other end of the balancer's, which has MAC. A directory's cases are for a
balancer of its own, with its configuration.yaml, if it has one (_packet_case_config.py).

A case of DIRECTORY/*.yaml:

  name:     what comes
  in:       scapy expressions, of a packet or a list of them; a packet without Ether is from
            CLIENT_MAC to the balancer
  verdict:  {family.label: delta}; exactly these counters grow (drops, local, replies, packets).
            `some` stands for any number but 0
  out:      the frames that leave, in order, or none. `to` is a MAC by name, `is` a scapy
            expression: the frame has its layers, and the fields that it names. A number
            stands for so many frames, `some` for any
  wait:     seconds before it, for what the management core has to do after the case before
  as:       the frames that leave are NAME[0], NAME[1] ... in cases below; OUT is always those
            of the case before
  both:     after all cases of its file, those with `both: true` come once more over IPv6, as
            IN_IPV6 says

Whatever leaves has the checksums that scapy computes for it, in what an ICMP error quotes, too.
When a case is counted, an ARP request follows: its answer leaves after all else, so a frame too
many is seen without waiting.
"""
import collections
import functools
import json
import operator
import pathlib
import re
import socket
import sys
import time
import urllib.request

import yaml

from _packet_case_config import CONSTANTS, configuration
from _packet_frames import differences, scapy, with_gue

ASKER_MAC = "02:00:00:00:00:aa"

SO_RCVBUFFORCE = 33  # socket(7); Python has no name for it

# No packet of a case can provoke these drops.
NOT_PROVOKED = {
    "handover_full": "needs two workers, one of them behind: unit test datapath/nat",
    "tx_full": "needs a device that is behind: unit test datapath/in_and_out",
    "kernel_full": "needs a kernel that is behind: unit test datapath/kernel_gate",
}

FAMILIES = {"drops": ("holdfast_drops_total", "reason"),
            "local": ("holdfast_local_packets_total", "kind"),
            "replies": ("holdfast_replies_total", "kind"),
            "packets": ("holdfast_packets_total", "step"),
            "returned": ("holdfast_returned_packets_total", "service")}
# They come at their own time: questions to neighbours, and what the kernel has to say.
NO_ANSWERS = ("replies.injected", "replies.from_kernel")


# What a case over IPv4 becomes over IPv6.
IN_IPV6 = (
    (r"\bIP(error)?\(", lambda match: f"IP{match[1]}6(" if match[1] else "IPv6("),
    (r"\b(CLIENT|OWN|ROUTER|VIP|IPIP|GUE|NAT|WIDE|NOBODY|EMPTY|HALF|SILENT|FAR|FARGUE)\b", r"\g<0>6"),
    (r"\b([TF])4(_MAC)?\b", r"\g<1>6\2"), (r"\[IP\]", "[IPv6]"),
    (r"\bICMP\(type=3, code=4, nexthopmtu=", "ICMPv6PacketTooBig(mtu="),
    (r"\bICMP\(type=3, code=3", "ICMPv6DestUnreach(code=4"),
    (r"\bICMP\(type=3, code=1", "ICMPv6DestUnreach(code=3"),
    (r"\bICMP\(type=11", "ICMPv6TimeExceeded("),
    (r"(IPv6\([^()]*), flags='DF'", r"\1"), (r"\bnat-", "nat6-"), (r"\bttl=", "hlim="), (r"\btos=", "tc="))


def over_ipv6(case):
    text = json.dumps(case)
    for pattern, replacement in IN_IPV6:
        text = re.sub(pattern, replacement, text)
    return {**json.loads(text), "name": case["name"] + ", IPv6"}


def read_cases(directory):
    for file in sorted(pathlib.Path(directory).glob("*.yaml")):
        if file.name == "configuration.yaml":
            continue
        cases = yaml.safe_load(file.read_text())
        for case in cases + [over_ipv6(case) for case in cases if case.get("both")]:
            yield file.stem, case


def stack(*packets):
    """One inside the other."""
    return functools.reduce(operator.truediv, packets)


def counters(url):
    found = collections.Counter()
    text = urllib.request.urlopen(url, timeout=5).read().decode()
    for family, (metric, label) in FAMILIES.items():
        for labels, value in re.findall(rf"^{metric}{{(.*)}} (\S+)$", text, re.M):
            name = re.search(rf'{label}="([^"]*)"', labels)[1]
            found[f"{family}.{name}"] += int(float(value))
    for name in NO_ANSWERS:
        del found[name]
    return found


def as_wanted(got, wanted):
    """Of counters or frames."""
    return got > 0 if wanted == "some" else got == wanted


class Player:
    def __init__(self, interface, mac, url):
        self.url = url
        self.socket = scapy.conf.L2socket(iface=interface, promisc=True)
        self.socket.ins.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 24)
        self.names = {**vars(scapy), **CONSTANTS, "LB_MAC": mac, "stack": stack}
        self.turn = 0
        self.last = []

    def evaluate(self, text):
        return eval(text, dict(self.names, OUT=self.last))  # pylint: disable=eval-used

    def frames(self, text):
        packets = self.evaluate(text)
        return [self.frame(packet) for packet in packets] if isinstance(packets, list) else [
            self.frame(packets)]

    def frame(self, packet):
        if isinstance(packet, bytes):
            return scapy.Raw(packet)
        if not isinstance(packet, scapy.Ether):
            packet = scapy.Ether(src=CONSTANTS["CLIENT_MAC"], dst=self.names["LB_MAC"]) / packet
        return scapy.Raw(bytes(packet))

    def frames_until_answer(self, asker):
        """What leaves, up to the answer to `asker`."""
        frames, deadline = [], time.monotonic() + 5
        while time.monotonic() < deadline:
            if not self.socket.select([self.socket], 0.2):
                continue
            frame = self.socket.recv()
            if frame is None or frame.src != self.names["LB_MAC"]:
                continue
            if scapy.ARP in frame and frame[scapy.ARP].pdst == asker:
                return frames
            if scapy.ARP in frame and frame.dst == CONSTANTS["BROADCAST"]:
                continue  # its own questions and announcements
            if scapy.ICMPv6ND_NS in frame or frame.dst.startswith("33:33"):
                continue
            frames.append(with_gue(frame))
        raise SystemExit("the balancer answers no ARP any more")

    def play(self, case):
        """What is wrong; empty when all is right."""
        try:
            return self.play_it(case)
        except (AttributeError, IndexError, NameError, SyntaxError, TypeError) as mistake:
            return [f"the case itself is wrong: {mistake!r}"]

    def play_it(self, case):
        time.sleep(case.get("wait", 0))
        before = counters(self.url)
        for frame in [frame for text in case["in"] for frame in self.frames(text)]:
            self.socket.send(frame)
        # Within a batch an answer may overtake; after its counters it can't.
        wanted = collections.Counter(case["verdict"])
        self.wrong_counters(wanted, before)
        self.last = self.frames_until_answer(self.ask())
        if "as" in case:
            self.names[case["as"]] = self.last
        for name in ("local.arp_request", "replies.arp_reply"):
            if wanted[name] != "some":
                wanted[name] += 1
        return self.wrong_counters(wanted, before) + self.wrong_frames(case["out"] or [])

    def ask(self):
        self.turn += 1
        asker = f"10.0.0.{200 + self.turn % 50}"
        self.socket.send(scapy.Ether(src=ASKER_MAC, dst=CONSTANTS["BROADCAST"]) / scapy.ARP(
            hwsrc=ASKER_MAC, psrc=asker, pdst=CONSTANTS["VIP"]))
        return asker

    def wrong_counters(self, wanted, before):
        deadline = time.monotonic() + 2
        while True:
            got = counters(self.url) - before
            wrong = [f"{name} {got[name]}, not {wanted[name]}" for name in sorted({*got, *wanted})
                     if not as_wanted(got[name], wanted[name])]
            if not wrong or time.monotonic() > deadline:
                return wrong
            time.sleep(0.01)

    def wrong_frames(self, wanted):
        count = len(wanted) if isinstance(wanted, list) else wanted
        if not as_wanted(len(self.last), count):
            return [f"{len(self.last)} frames left, not {count}: "
                    + "; ".join(frame.summary() for frame in self.last)]
        wrong = []
        for frame, expected in zip(self.last, wanted) if isinstance(wanted, list) else ():
            if frame.dst != CONSTANTS[expected["to"]]:
                wrong.append(f"it left to {frame.dst}, not {expected['to']}")
            wrong += differences(frame, self.evaluate(expected["is"]))
        return wrong


def uncovered(directory, url):
    reasons = {name.split(".")[1] for name in counters(url) if name.startswith("drops.")}
    directories = [directory, *(each for each in pathlib.Path(directory).iterdir() if each.is_dir())]
    covered = {name.split(".")[1] for each in directories for _, case in read_cases(each)
               for name in case["verdict"] if name.startswith("drops.")}
    return sorted(reasons - covered - set(NOT_PROVOKED))


def repeatable(cases):
    """Those that leave nothing behind and need no frames of others."""
    names = "|".join({"OUT", *(case["as"] for _, case in cases if "as" in case)})
    return [(topic, case) for topic, case in cases
            if all(name.startswith("drops.") for name in case["verdict"])
            and not re.search(rf"\b({names})\[", json.dumps(case["in"]))]


def without_fragments(cases):
    """The kernel puts those of IPv4 together before af_packet has them."""
    return [(topic, case) for topic, case in cases
            if not re.search(r"\bfrag=|flags='MF'", json.dumps(case["in"]))]


CHOICES = {"play": list, "again": repeatable, "whole": without_fragments}


def play_all(cases, player):
    failed = 0
    for topic, case in cases:
        wrong = player.play(case)
        failed += bool(wrong)
        print(f"  {'FAILED' if wrong else 'ok'}: {topic}: {case['name']}", flush=True)
        for sentence in wrong:
            print(f"      {sentence}", flush=True)
    print(f"  {len(cases)} cases, {failed} failed")
    return failed == 0


def main():
    verb, directory, *rest = sys.argv[1:]
    if verb == "configuration":
        print(configuration(directory, *rest))
    elif verb == "coverage":
        missing = uncovered(directory, *rest)
        print(f"  drop reasons without a case: {', '.join(missing) or 'none'}")
        sys.exit(1 if missing else 0)
    else:
        cases = CHOICES[verb](list(read_cases(directory)))
        sys.exit(0 if play_all(cases, Player(*rest)) else 1)


if __name__ == "__main__":
    main()
