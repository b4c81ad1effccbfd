#!/usr/bin/python3
"""A gRPC server of a lab with grpc.health.v1.Health, for one service.

_grpc_health_server.py ADDRESS PORT SERVICE FILE

FILE holds its status: SERVING or NOT_SERVING; it is read for each check.
"""
import concurrent.futures
import pathlib
import sys

import grpc

STATUSES = {"SERVING": 1, "NOT_SERVING": 2}

address, port, own_service, status_file = sys.argv[1:]


def check(request, context):
    """HealthCheckRequest: string service = 1. HealthCheckResponse: an enum = 1."""
    if request[2:].decode() != own_service:
        context.abort(grpc.StatusCode.NOT_FOUND, f"this is '{own_service}' alone")
    return bytes([0x08, STATUSES[pathlib.Path(status_file).read_text().strip()]])


server = grpc.server(concurrent.futures.ThreadPoolExecutor(max_workers=2))
server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(
    "grpc.health.v1.Health", {"Check": grpc.unary_unary_rpc_method_handler(check)})])
if server.add_insecure_port(f"{address}:{port}") == 0:
    sys.exit(f"{address}:{port} is taken")
server.start()
server.wait_for_termination()
