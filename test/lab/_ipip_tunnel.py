#!/usr/bin/python3
"""The target's end of IPv4 in IPv4, for kernels that have no such tunnel: what comes
as protocol 4 goes on as the packet that it carries.

_ipip_tunnel.py INTERFACE    makes the interface (tun)
"""
import fcntl
import socket
import struct
import subprocess
import sys

TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
IPV4_IN_IPV4 = 4

name = sys.argv[1]
with open("/dev/net/tun", "r+b", buffering=0) as tunnel, \
        socket.socket(socket.AF_INET, socket.SOCK_RAW, IPV4_IN_IPV4) as outer:
    fcntl.ioctl(tunnel, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN | IFF_NO_PI))
    subprocess.run(["ip", "link", "set", name, "up"], check=True)
    while True:
        packet = outer.recv(65535)
        tunnel.write(packet[(packet[0] & 0x0F) * 4:])
