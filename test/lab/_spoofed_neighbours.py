#!/usr/bin/python3
"""Says what no honest neighbour says, ten times each.

_spoofed_neighbours.py INTERFACE BALANCER_MAC KIND ADDRESS [OTHER_ADDRESS]

KIND: arp_reply       ADDRESS is at our MAC, to the balancer
      arp_request     we are ADDRESS, who is OTHER_ADDRESS?
      na              ADDRESS is at our MAC, to OTHER_ADDRESS at the balancer
      na_hop_limit, na_checksum, na_option_length: the same, broken
"""
import sys

from scapy.all import (ARP, ICMPv6NDOptDstLLAddr, ICMPv6ND_NA, IPv6, Ether, get_if_hwaddr, raw,
                       sendp)

interface, balancer, kind, address = sys.argv[1:5]
other = sys.argv[5] if len(sys.argv) > 5 else None
own = get_if_hwaddr(interface)


def advertisement(hop_limit=255, **fields):
    return (Ether(src=own, dst=balancer) / IPv6(src="fd00::11", dst=other, hlim=hop_limit) /
            ICMPv6ND_NA(tgt=address, R=0, S=1, O=1, **fields) / ICMPv6NDOptDstLLAddr(lladdr=own))


def frame():
    if kind == "arp_reply":
        return Ether(src=own, dst=balancer) / ARP(op=2, hwsrc=own, psrc=address, hwdst=balancer,
                                                  pdst=address)
    if kind == "arp_request":
        return Ether(src=own, dst="ff:ff:ff:ff:ff:ff") / ARP(op=1, hwsrc=own, psrc=address,
                                                             pdst=other)
    if kind == "na_hop_limit":
        return advertisement(hop_limit=1)
    if kind == "na_checksum":
        return advertisement(cksum=0x1234)
    if kind == "na_option_length":
        packet = advertisement()
        packet[ICMPv6NDOptDstLLAddr].len = 0
        return Ether(raw(packet))
    return advertisement()


sendp(frame(), iface=interface, count=10, verbose=False)
