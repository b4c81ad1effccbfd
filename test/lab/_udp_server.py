#!/usr/bin/python3
"""A UDP server of a lab: answers every datagram with its name, and a number in it with
its name and the number.

_udp_server.py ADDRESS PORT NAME
"""
import socket
import sys

address, port, name = sys.argv[1], int(sys.argv[2]), sys.argv[3]
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
    server.bind((address, port))
    while True:
        question, client = server.recvfrom(2048)
        answer = f"{name} {question.decode()}" if question.isdigit() else name
        server.sendto(answer.encode(), client)
