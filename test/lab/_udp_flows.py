#!/usr/bin/python3
"""Numbered datagrams of many flows, until SIGTERM.

_udp_flows.py ADDRESS PORT

Twenty flows last as long as the program does, and fifty new ones begin each second,
each of three datagrams. Every datagram has a number of its own, which the server
(_udp_server.py) repeats. In the end, when the last answers have had a second, one line:

    sent 12000 lost 0 flows 1500 moved 0 targets web-1 web-2 web-3

lost: numbers that nobody answered. moved: flows that two targets answered.
"""
import selectors
import signal
import socket
import sys
import time

LASTING, NEW_EACH_TURN, DATAGRAMS_OF_NEW, TURN = 20, 1, 3, 0.02


class Flow:
    def __init__(self, server, left):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.connect(server)
        self.left = left
        self.targets = set()


class Load:
    def __init__(self, server):
        self.server = server
        self.selector = selectors.DefaultSelector()
        self.flows = []
        self.sending = []
        self.sent = 0
        self.unanswered = set()

    def begin(self, left):
        flow = Flow(self.server, left)
        self.selector.register(flow.socket, selectors.EVENT_READ, flow)
        self.flows.append(flow)
        self.sending.append(flow)

    def send(self):
        for flow in self.sending:
            self.unanswered.add(self.sent)
            try:
                flow.socket.send(str(self.sent).encode())
            except ConnectionRefusedError:
                pass  # of an earlier one, which stays unanswered
            self.sent += 1
            flow.left -= 1
        self.sending = [flow for flow in self.sending if flow.left > 0]

    def hear_until(self, moment):
        while (rest := moment - time.monotonic()) > 0:
            for key, _ in self.selector.select(rest):
                self.hear(key.data)

    def hear(self, flow):
        try:
            name, number = flow.socket.recv(2048).decode().split()
        except ConnectionRefusedError:
            return
        flow.targets.add(name)
        self.unanswered.discard(int(number))

    def report(self):
        moved = sum(len(flow.targets) > 1 for flow in self.flows)
        targets = sorted(set().union(*(flow.targets for flow in self.flows)))
        print("sent", self.sent, "lost", len(self.unanswered), "flows", len(self.flows),
              "moved", moved, "targets", *targets)


def end(*_):
    global running
    running = False


running = True
signal.signal(signal.SIGTERM, end)
load = Load((sys.argv[1], int(sys.argv[2])))
for _ in range(LASTING):
    load.begin(float("inf"))
print("running", flush=True)
turn = time.monotonic()
while running:
    for _ in range(NEW_EACH_TURN):
        load.begin(DATAGRAMS_OF_NEW)
    load.send()
    turn += TURN
    load.hear_until(turn)
load.hear_until(time.monotonic() + 1)
load.report()
