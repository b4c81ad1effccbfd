#!/usr/bin/python3
"""A UDP server of a lab: answers every datagram with its name.

_udp_server.py ADDRESS PORT NAME
"""
import socket
import sys

address, port, name = sys.argv[1], int(sys.argv[2]), sys.argv[3]
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
    server.bind((address, port))
    while True:
        _, client = server.recvfrom(2048)
        server.sendto(name.encode(), client)
