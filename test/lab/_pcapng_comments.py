"""Prints the comment of each packet of a pcapng file, a line each.

_pcapng_comments.py FILE

By the format's draft, in a few lines: Debian's scapy and tcpdump do not show comments.
"""
import struct
import sys

ENHANCED_PACKET, COMMENT, FLAGS, INBOUND = 6, 1, 2, 1


def options(data):
    while data:
        code, length = struct.unpack_from("<HH", data)
        if code == 0:
            return
        yield code, data[4 : 4 + length]
        data = data[4 + (length + 3) // 4 * 4 :]


def comments(data):
    while data:
        kind, length = struct.unpack_from("<II", data)
        if kind == ENHANCED_PACKET:
            captured = struct.unpack_from("<I", data, 20)[0]
            found = dict(options(data[28 + (captured + 3) // 4 * 4 : length - 4]))
            assert struct.unpack("<I", found[FLAGS])[0] == INBOUND
            yield found[COMMENT].decode()
        data = data[length:]


if __name__ == "__main__":
    with open(sys.argv[1], "rb") as file:
        for comment in comments(file.read()):
            print(comment)
