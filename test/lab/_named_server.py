#!/usr/bin/env python3
"""Answers HTTP on many ports: with its name, and the address and port that were asked.

_named_server.py NAME PORT...
"""
import socket
import socketserver
import sys
import threading


class Answer(socketserver.StreamRequestHandler):
    def handle(self):
        while self.rfile.readline().strip():
            pass
        address, port = self.request.getsockname()[:2]
        body = f"{self.server.name} {address}:{port}\n"
        head = f"HTTP/1.0 200 OK\r\nContent-Length: {len(body)}\r\n\r\n"
        self.wfile.write((head + body).encode())


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = socket.SOMAXCONN


def main():
    threads = []
    for port in sys.argv[2:]:
        server = Server(("0.0.0.0", int(port)), Answer)
        server.name = sys.argv[1]
        threads.append(threading.Thread(target=server.serve_forever))
    for thread in threads:
        thread.start()


main()
