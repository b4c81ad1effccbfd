#!/usr/bin/python3
"""Answers each HTTP request with a name; listens on one address, of either family.

_tcp_server.py ADDRESS PORT NAME
"""
import http.server
import socket
import sys

address, port, name = sys.argv[1], int(sys.argv[2]), sys.argv[3]


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = f"{name}\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6 if ":" in address else socket.AF_INET
    request_queue_size = 128


Server((address, port), Answer).serve_forever()
