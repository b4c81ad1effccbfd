#!/usr/bin/python3
"""A UDP client of a lab: one datagram from each source port, one after the other.

_udp_client.py ADDRESS PORT SOURCE_PORT...

Prints a "source-port name" line for each: the name is the answer, "refused" for an
ICMP port unreachable, "silence" when nothing came within a second. A source port
that is named twice is the same flow twice.
"""
import socket
import sys


def ask(server, source_port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.bind(("", source_port))
        client.connect(server)
        client.settimeout(1)
        try:
            client.send(b"who are you?")
            return client.recv(2048).decode()
        except ConnectionRefusedError:
            return "refused"
        except TimeoutError:
            return "silence"


address, port = sys.argv[1], int(sys.argv[2])
for source in map(int, sys.argv[3:]):
    print(source, ask((address, port), source), flush=True)
