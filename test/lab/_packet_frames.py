"""Frames as scapy sees them: their layers, and what is wrong with them."""
import logging

logging.getLogger("scapy").setLevel(logging.ERROR)  # it misses routes that nobody needs
# pylint: disable=wrong-import-position
from scapy import all as scapy
from scapy.all import IP, UDP, Ether, IPv6, Raw


def with_gue(packet):
    """Scapy takes what is in GUE (variant 1) for bytes."""
    if UDP in packet and packet[UDP].dport == 6080 and Raw in packet:
        inner = bytes(packet[Raw])
        packet[UDP].remove_payload()
        packet[UDP].add_payload((IP if inner[0] >> 4 == 4 else IPv6)(inner))
    return packet


def all_layers(packet):
    """From the outside in."""
    while packet and not isinstance(packet, scapy.NoPayload):
        yield packet
        packet = packet.payload


def is_quote(layer):
    return isinstance(layer, (scapy.IPerror, scapy.IPerror6))


def layers(packet):
    """Without what an ICMP error quotes."""
    for layer in all_layers(packet):
        if is_quote(layer):
            return
        yield layer


def whole_quote(frame):
    """A frame with the packet that an ICMP error quotes, if it quotes all of it."""
    for layer in all_layers(frame):
        if is_quote(layer):
            data = bytes(layer)
            packet = (IP if data[0] >> 4 == 4 else IPv6)(data)
            length = packet.len if IP in packet else packet.plen + 40
            return Ether() / packet if length == len(data) else None
    return None


def wrong_checksums(frame):
    """Of each layer, the fields that scapy computes otherwise."""
    again = frame.copy()
    for layer in layers(again):
        for field in ("chksum", "cksum"):
            if field in layer.fields and not (isinstance(layer, UDP) and layer.chksum == 0):
                delattr(layer, field)
    again = with_gue(Ether(bytes(again)))
    wrong = [f"{one.name} {field} {one.fields[field]:#x}, computed {two.fields[field]:#x}"
             for one, two in zip(layers(frame), layers(again)) for field in ("chksum", "cksum")
             if field in one.fields and one.fields[field] != two.fields.get(field)]
    quote = whole_quote(frame)
    return wrong + ([f"quoted {text}" for text in wrong_checksums(quote)] if quote else [])


def differences(frame, wanted):
    mine = list(all_layers(frame))
    for layer in all_layers(wanted):
        while mine and type(mine[0]) is not type(layer):
            mine.pop(0)
        if not mine:
            return [f"no {layer.name}"]
        got = mine.pop(0)
        for field in layer.fields:
            value, expected = got.getfieldval(field), layer.getfieldval(field)
            if value != expected != []:  # scapy names lists that nobody named
                return [f"{layer.name} {field} {value}, not {expected}"]
    return wrong_checksums(frame)
