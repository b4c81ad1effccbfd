"""Starts affinities, as targets do."""
import collections
import ipaddress
import subprocess
import sys

import dpdk_source

PROTO = dpdk_source.HERE.parents[1] / "proto"
MESSAGES = dpdk_source.BUILD / "proto"
START = "/holdfast.v1.AffinityService/StartAffinity"
UNDER_WAY = 256


class NotStarted(Exception):
    pass


def start(server, load):
    """Of load.affinities clients, spread evenly over the flows, each of some target."""
    if load.affinities == 0:
        return
    import grpc  # takes a while, and few loads need it
    messages = _messages()
    with grpc.insecure_channel(server) as channel:
        call = channel.unary_unary(START, request_serializer=lambda message: message.SerializeToString(),
                                   response_deserializer=messages.StartAffinityResponse.FromString)
        waiting = collections.deque()
        for number in range(load.affinities):
            if len(waiting) == UNDER_WAY:
                _check(messages, waiting.popleft().result())
            waiting.append(call.future(_request(messages, load, number)))
        for answer in waiting:
            _check(messages, answer.result())


def client_of(flow):
    """client_address() of source/images.c, with its seed."""
    return str(ipaddress.ip_address(10 << 24 | (flow * 0x9E3779B1 + 1 & 0xFFFFFF)))


def _request(messages, load, number):
    flow = number * (load.flows // load.affinities)
    selector = messages.AffinitySelector(vip="198.18.0.1", protocol="PROTOCOL_TCP",
                                         client=client_of(flow))
    return messages.StartAffinityRequest(selector=selector,
                                         target=f"target-{number % load.targets}")


def _check(messages, answer):
    if answer.outcome != messages.OUTCOME_STARTED:
        raise NotStarted(answer.explanation)


def _messages():
    MESSAGES.mkdir(exist_ok=True)
    subprocess.run(["protoc", f"--proto_path={PROTO}", f"--python_out={MESSAGES}",
                    "holdfast/v1/affinity.proto"], check=True)
    sys.path.insert(0, str(MESSAGES))
    from holdfast.v1 import affinity_pb2
    return affinity_pb2
