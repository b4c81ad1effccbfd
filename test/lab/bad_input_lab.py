#!/usr/bin/python3
"""Sends a balancer every kind of bad input, and says what must become of each.

bad_input_lab.py INTERFACE --own-mac MAC --balancer-mac MAC --client IP --vip IP --port PORT
                 [--times N] [--only PATTERN]... [--without PATTERN]... [--list]

--port is a TCP and a UDP service of the VIP; PORT + 1 must be none. Prints a JSON
list, one object for each kind:

  {"kind": "ip_version_6", "drop": "ip_header", "sent": 5, "refused": 0}

`drop` is the reason of holdfast_drops_total that must grow by `sent`; null for
input that is odd but right and must reach a target. What the link refuses is
counted in "refused" (oversized frames, where the MTU does not allow them).

Frames that claim the balancer's MAC as their source mislead a switch on the way.
They go last, broadcast, and an ARP request for the VIP follows: its answer puts
the switch right, and counts as no drop.
"""
import argparse
import fnmatch
import json
import sys

from scapy.all import (ARP, ICMP, IP, TCP, UDP, Dot1Q, Ether, IPv6, ICMPv6EchoRequest, Padding, Raw,
                       conf)

BROADCAST = "ff:ff:ff:ff:ff:ff"
OTHER_HOST = "02:00:00:00:99:99"
GROUP = "01:00:5e:00:00:01"
FORWARDED = None


class BadInput:
    """The frames, for one client and one service."""

    def __init__(self, options):
        self.options = options
        self.to_balancer = Ether(src=options.own_mac, dst=options.balancer_mac)
        self.ip = IP(src=options.client, dst=options.vip)
        self.syn = TCP(sport=40000, dport=options.port, flags="S")
        self.datagram = UDP(sport=40000, dport=options.port)

    def kinds(self):
        """(kind, drop reason, frame) of each; the looping ones last."""
        yield from self.cut_short()
        yield from self.wrong_ethernet()
        yield from self.wrong_ip()
        yield from self.wrong_source()
        yield from self.fragments()
        yield from self.wrong_tcp()
        yield from self.wrong_udp_and_icmp()
        yield from self.wrong_arp()
        yield from self.not_served()
        yield from self.odd_but_right()
        yield from self.too_long()
        yield from self.looping()

    def tcp(self, tcp=None, **fields):
        ip = self.ip.copy()
        for name, value in fields.items():
            setattr(ip, name, value)
        return self.to_balancer / ip / (tcp or self.syn)

    def flags(self, flags):
        return self.tcp(TCP(sport=40000, dport=self.options.port, flags=flags))

    def ethernet(self, **fields):
        return Ether(**{"src": self.options.own_mac, "dst": self.options.balancer_mac, **fields})

    def arp(self, **fields):
        return self.ethernet(dst=BROADCAST) / ARP(**{
            "hwsrc": self.options.own_mac, "psrc": self.options.client,
            "pdst": self.options.vip, **fields})

    def cut_short(self):
        whole = bytes(self.tcp(TCP(sport=40000, dport=self.options.port, flags="A") / b"payload"))
        yield "runt_ip_header_of_1", "truncated", whole[:15]
        yield "runt_ip_header_of_19", "truncated", whole[:33]
        yield "runt_no_tcp", "truncated", whole[:34]
        yield "runt_tcp_of_19", "truncated", whole[:53]
        yield "truncated_payload", "truncated", whole[:-1]
        yield "total_length_beyond_frame", "truncated", self.tcp(len=1400)

    def wrong_ethernet(self):
        packet = self.ip / self.syn
        inner = IPv6(src="2001:db8::7", dst="2001:db8::1") / ICMPv6EchoRequest()
        yield "ipv6_not_ours", "not_our_address", self.ethernet() / inner
        yield "vlan", "ethertype", self.ethernet() / Dot1Q(vlan=7) / packet
        yield "lldp", "ethertype", self.ethernet(type=0x88cc) / Raw(bytes(46))
        yield "unknown_ethertype", "ethertype", self.ethernet(type=0x88b5) / packet
        yield "length_for_ethertype", "ethertype", self.ethernet(type=46) / Raw(bytes(46))
        yield "other_mac", "not_our_mac", self.ethernet(dst=OTHER_HOST) / packet
        yield "multicast_mac", "not_our_mac", self.ethernet(dst=GROUP) / packet
        yield "broadcast_mac", "not_our_mac", self.ethernet(dst=BROADCAST) / packet

    def wrong_ip(self):
        yield "ip_version_6", "ip_header", self.tcp(version=6)
        yield "ip_version_0", "ip_header", self.tcp(version=0)
        yield "ihl_4", "ip_header", self.tcp(ihl=4)
        yield "ihl_0", "ip_header", self.tcp(ihl=0)
        yield "total_length_19", "ip_header", self.tcp(len=19)
        yield "total_length_0", "ip_header", self.tcp(len=0)
        yield "ip_checksum", "ip_checksum", self.tcp(chksum=0x0bad)
        yield "protocol_gre", "protocol", self.to_balancer / self.ip_with(47) / Raw(bytes(20))
        yield "protocol_sctp", "protocol", self.to_balancer / self.ip_with(132) / Raw(bytes(20))

    def ip_with(self, protocol):
        return IP(src=self.options.client, dst=self.options.vip, proto=protocol)

    def wrong_source(self):
        for name, source in (("this_network", "0.1.2.3"), ("unspecified", "0.0.0.0"),
                             ("loopback", "127.0.0.1"), ("multicast", "224.0.0.5"),
                             ("limited_broadcast", "255.255.255.255"),
                             ("land", self.options.vip)):
            yield f"source_{name}", "martian_source", self.tcp(src=source)

    def fragments(self):
        yield "fragment_of_icmp", "fragment", self.tcp(ICMP() / bytes(16), flags="MF")
        yield "tiny_first_fragment", "tcp_header", self.tcp(Raw(bytes(8)), flags="MF", proto=6)
        yield "fragment_in_tcp_header", "fragment", self.tcp(Raw(b"x"), frag=1, proto=6)
        yield "fragment_beyond_the_end", "fragment", self.tcp(Raw(bytes(16)), frag=8191, proto=17)
        # Their first one never comes.
        yield "middle_fragment", "fragment", self.tcp(Raw(bytes(16)), flags="MF", frag=3, proto=17)
        yield "last_fragment", "fragment", self.tcp(Raw(bytes(5)), frag=100, proto=17)

    def wrong_tcp(self):
        port = self.options.port
        half = bytes(TCP(sport=40000, dport=port, flags="S"))[:19]
        yield "tcp_of_19", "tcp_header", self.tcp(Raw(half), proto=6)
        for words in (0, 4, 15):
            header = TCP(sport=40000, dport=port, flags="S", dataofs=words)
            yield f"data_offset_{words}", "tcp_header", self.tcp(header)
        yield "syn_fin", "tcp_flags", self.flags("SF")
        yield "syn_rst", "tcp_flags", self.flags("SR")
        yield "null_scan", "tcp_flags", self.flags(0)
        yield "all_flags", "tcp_flags", self.flags("FSRPAUEC")

    def wrong_udp_and_icmp(self):
        port = self.options.port
        for length in (0, 7, 200):
            header = UDP(sport=40000, dport=port, len=length)
            yield f"udp_length_{length}", "udp_header", self.tcp(header / b"data")
        yield "udp_of_7", "udp_header", self.tcp(Raw(bytes(self.datagram)[:7]), proto=17)
        yield "icmp_of_7", "icmp", self.tcp(Raw(bytes(ICMP())[:7]), proto=1)
        yield "icmp_checksum", "icmp", self.tcp(ICMP(chksum=0x0bad) / b"ping")
        yield "icmp_echo_reply", "icmp", self.tcp(ICMP(type=0) / b"ping")
        yield "icmp_redirect", "icmp", self.tcp(ICMP(type=5, code=1) / bytes(self.ip / self.syn))

    def wrong_arp(self):
        yield "arp_short", "arp", bytes(self.arp())[:41]
        yield "arp_hardware_type", "arp", self.arp(hwtype=6)
        yield "arp_protocol_type", "arp", self.arp(ptype=0x86dd)
        yield "arp_hardware_length", "arp", self.arp(hwlen=8)
        yield "arp_protocol_length", "arp", self.arp(plen=16)
        yield "arp_operation_9", "arp", self.arp(op=9)
        yield "arp_sender_broadcast", "arp", self.arp(op=2, hwsrc=BROADCAST)

    def not_served(self):
        port = self.options.port + 1
        yield "tcp_wrong_port", "no_service", self.tcp(TCP(sport=40000, dport=port, flags="S"))
        yield "udp_wrong_port", "no_service", self.tcp(UDP(sport=40000, dport=port) / b"data")
        yield "other_address", "not_our_address", self.tcp(dst="203.0.113.99")

    def odd_but_right(self):
        no_operations = IP(src=self.options.client, dst=self.options.vip, options=[b"\x01"] * 8)
        yield "ip_options", FORWARDED, self.to_balancer / no_operations / self.flow(40001)
        yield "padded", FORWARDED, self.to_balancer / self.ip / self.flow(40002) / Padding(b"\xee" * 40)

    def flow(self, client_port):
        return TCP(sport=client_port, dport=self.options.port, flags="S")

    def too_long(self):
        segment = TCP(sport=40003, dport=self.options.port, flags="A")
        yield "frame_of_1515", "oversized", self.tcp(segment / bytes(1515 - 54))
        # Longer than a receive buffer: the device cuts it.
        yield "frame_of_9000", "truncated", self.tcp(segment / bytes(9000 - 54))

    def looping(self):
        mac = self.options.balancer_mac
        yield "looped", "looped", Ether(src=mac, dst=BROADCAST) / self.ip / self.syn
        yield "looped_arp", "looped", self.looped_arp(mac)

    def looped_arp(self, mac):
        return Ether(src=mac, dst=BROADCAST) / ARP(hwsrc=mac, psrc=self.options.vip,
                                                   pdst=self.options.client)


def matches(name, patterns):
    return any(fnmatch.fnmatch(name, pattern) for pattern in patterns)


def send(socket, frame, times):
    """How many of `times` the link took."""
    for sent in range(times):
        try:
            socket.send(frame)
        except OSError:  # EMSGSIZE: longer than the MTU
            return sent
    return times


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("interface")
    parser.add_argument("--own-mac", required=True)
    parser.add_argument("--balancer-mac", required=True)
    parser.add_argument("--client", required=True, help="source address of the packets")
    parser.add_argument("--vip", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--times", type=int, default=5, help="frames of each kind")
    parser.add_argument("--only", action="append", metavar="PATTERN", default=[])
    parser.add_argument("--without", action="append", metavar="PATTERN", default=[])
    parser.add_argument("--list", action="store_true", help="name the kinds, send nothing")
    return parser.parse_args()


def main():
    options = arguments()
    bad_input = BadInput(options)
    kinds = [kind for kind in bad_input.kinds()
             if (not options.only or matches(kind[0], options.only))
             and not matches(kind[0], options.without)]
    if options.list:
        print("\n".join(name for name, _, _ in kinds))
        return
    report = []
    with conf.L2socket(iface=options.interface) as socket:
        for name, drop, frame in kinds:
            sent = send(socket, Raw(bytes(frame)), options.times)
            report.append({"kind": name, "drop": drop, "sent": sent,
                           "refused": options.times - sent})
        socket.send(bad_input.arp())
    json.dump(report, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
