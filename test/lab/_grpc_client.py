#!/usr/bin/python3
"""A gRPC client of a lab that was built without any of Holdfast's files: what it
knows, it learned by the server's reflection.

_grpc_client.py SERVER health                    "SERVING"
_grpc_client.py SERVER services                  the names, one a line
_grpc_client.py SERVER call METHOD JSON          the answer as JSON; METHOD is
                                                 "package.Service/Name"
"""
import sys

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

REFLECTION = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
FILE_CONTAINING_SYMBOL, LIST_SERVICES = 4, 7         # fields of ServerReflectionRequest
FILE_DESCRIPTORS, SERVICES = 4, 6                    # and of the response
HEALTH_STATES = {1: "SERVING", 2: "NOT_SERVING", 3: "SERVICE_UNKNOWN"}


def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 0x7f) << shift
        shift += 7
        at += 1
        if data[at - 1] < 0x80:
            return value, at


def fields(data):
    """(number, value) of each field of a message: varints and bytes."""
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        value, at = varint(data, at)
        if tag & 7 == 2:
            value, at = data[at:at + value], at + value
        yield tag >> 3, value


def values(data, number):
    return [value for field, value in fields(data) if field == number]


def reflect(channel, field, text):
    request = bytes([field << 3 | 2, len(text)]) + text.encode()
    return next(channel.stream_stream(REFLECTION)(iter([request]), timeout=3))


def health(channel):
    answer = channel.unary_unary("/grpc.health.v1.Health/Check")(b"", timeout=3)
    return HEALTH_STATES[values(answer, 1)[0]]


def services(channel):
    listed = values(reflect(channel, LIST_SERVICES, ""), SERVICES)[0]
    return "\n".join(sorted(values(service, 1)[0].decode() for service in values(listed, 1)))


def call(channel, method, text):
    service, name = method.split("/")
    files = values(reflect(channel, FILE_CONTAINING_SYMBOL, service), FILE_DESCRIPTORS)[0]
    pool = descriptor_pool.DescriptorPool()
    described = {file.name: file for file in map(descriptor_pb2.FileDescriptorProto.FromString,
                                                 values(files, 1))}

    def add(file):
        for dependency in file.dependency:
            if dependency in described:
                add(described.pop(dependency))
        pool.Add(file)

    while described:
        add(described.popitem()[1])
    described_method = pool.FindServiceByName(service).FindMethodByName(name)
    factory = message_factory.MessageFactory(pool)
    request = json_format.Parse(text, factory.GetPrototype(described_method.input_type)())
    answer = channel.unary_unary(
        f"/{method}", request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=factory.GetPrototype(described_method.output_type).FromString)
    return json_format.MessageToJson(answer(request, timeout=3), preserving_proto_field_name=True)


server, command, *rest = sys.argv[1:]
with grpc.insecure_channel(server, options=[("grpc.enable_http_proxy", 0)]) as open_channel:
    print({"health": health, "services": services, "call": call}[command](open_channel, *rest))
