#!/usr/bin/python3
"""A trunk of a switch (IEEE 802.1Q), for kernels that know no VLANs: what comes by it with a tag
goes on without by that VLAN's interface, and the other way.

_vlan_trunk.py TRUNK VLAN=INTERFACE...
"""
import selectors
import socket
import struct
import sys

SOL_PACKET, PACKET_AUXDATA, PACKET_OUTGOING = 263, 8, 4
VLAN_VALID = 1 << 4  # TP_STATUS_VLAN_VALID
AUXDATA = struct.Struct("=IIIHHHH")  # status, len, snaplen, mac, net, vlan_tci, vlan_tpid
MACS = 12
ALL = 3  # ETH_P_ALL


def open_socket(interface):
    opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ALL))
    opened.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
    opened.bind((interface, ALL))
    opened.setblocking(False)
    return opened


def receive(opened):
    """A frame without its tag, and the tag's VLAN, or None."""
    frame, ancillary, _, address = opened.recvmsg(9100, 256)
    if address[2] == PACKET_OUTGOING:
        return None, None
    for level, kind, data in ancillary:
        if level == SOL_PACKET and kind == PACKET_AUXDATA:
            status, _, _, _, _, tag, _ = AUXDATA.unpack(data[:AUXDATA.size])
            if status & VLAN_VALID:
                return frame, tag & 0xfff
    return frame, None


def tagged(frame, vlan):
    return frame[:MACS] + struct.pack("!HH", 0x8100, vlan) + frame[MACS:]


def main():
    trunk = open_socket(sys.argv[1])
    vlans = {int(vlan): open_socket(interface)
             for vlan, interface in (argument.split("=") for argument in sys.argv[2:])}
    numbers = {opened: vlan for vlan, opened in vlans.items()}
    ready = selectors.DefaultSelector()
    for opened in (trunk, *vlans.values()):
        ready.register(opened, selectors.EVENT_READ)
    print("ready", flush=True)
    while True:
        for key, _ in ready.select():
            frame, vlan = receive(key.fileobj)
            if frame is None:
                continue
            if key.fileobj is not trunk:
                trunk.send(tagged(frame, numbers[key.fileobj]))
            elif vlan in vlans:
                vlans[vlan].send(frame)


main()
