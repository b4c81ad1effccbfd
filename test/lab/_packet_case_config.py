"""The balancer of packet cases: the names that cases use, and its configuration."""
import pathlib

import yaml

CONSTANTS = {
    "CLIENT": "10.0.0.11", "CLIENT6": "fd00::11", "CLIENT_MAC": "02:00:00:00:00:11",
    "OWN": "10.0.0.2", "OWN6": "fd00::2", "BROADCAST": "ff:ff:ff:ff:ff:ff",
    "ROUTER": "192.0.2.9", "ROUTER6": "2001:db8::9",
    "T4": "10.0.0.101", "T6": "fd00::101",
    "T4_MAC": "02:00:00:00:01:04", "T6_MAC": "02:00:00:00:01:06",
    "VIP": "10.0.0.80", "VIP6": "fd00::80",
    "IPIP": "10.0.0.81", "IPIP6": "fd00::81", "GUE": "10.0.0.82", "GUE6": "fd00::82",
    "NAT": "10.0.0.83", "NAT6": "fd00::83", "WIDE": "10.0.0.84", "WIDE6": "fd00::84",
    "NOBODY": "10.0.0.99", "NOBODY6": "fd00::99",
    # Those of another family than their target.
    "IPIP4IN6": "10.0.0.85", "IPIP6IN4": "fd00::85", "GUE4IN6": "10.0.0.86", "GUE6IN4": "fd00::86",
    "EMPTY": "10.0.0.87", "EMPTY6": "fd00::87", "MUTE": "10.0.0.88",
    "SILENT": "10.0.0.92", "SILENT6": "fd00::92", "ECHO": "10.0.0.93", "ECHO6": "fd00::93",
    # One half-open connection is remembered.
    "HALF": "10.0.0.91", "HALF6": "fd00::91",
    # Those whose targets routers say something of.
    "F4": "10.0.0.104", "F6": "fd00::104",
    "F4_MAC": "02:00:00:00:04:04", "F6_MAC": "02:00:00:00:04:06",
    "FAR": "10.0.0.89", "FAR6": "fd00::89", "FARGUE": "10.0.0.90", "FARGUE6": "fd00::90",
}

# The VIPs whose services, TCP and UDP, are at port 80, with forwarding and target.
AT_PORT_80 = (
    ("VIP", "l2", "t4"), ("VIP6", "l2", "t6"), ("IPIP", "ipip", "t4"), ("IPIP6", "ipip", "t6"),
    ("GUE", "gue", "t4"), ("GUE6", "gue", "t6"), ("NAT", "nat", "t4"), ("NAT6", "nat", "t6"),
    ("IPIP4IN6", "ipip", "t6"), ("IPIP6IN4", "ipip", "t4"), ("GUE4IN6", "gue", "t6"),
    ("GUE6IN4", "gue", "t4"), ("MUTE", "l2", "mute"), ("FAR", "ipip", "f4"), ("FAR6", "ipip", "f6"),
    ("FARGUE", "gue", "f4"), ("FARGUE6", "gue", "f6"))


def both_protocols(name, vip, target, **more):
    for protocol in ("tcp", "udp"):
        yield {"name": f"{name}-{protocol}".lower(), "vip": vip, "protocol": protocol,
               "ports": [80], "targets": [target], **more}


def services():
    c = CONSTANTS
    for vip, mode, target in AT_PORT_80:
        more = {"target_port": 8080} if mode == "nat" else {}
        yield from both_protocols(vip, c[vip], {"target": target}, forwarding=mode, **more)
    for family, target in (("", "t4"), ("6", "t6")):
        empty, half, wide = c["EMPTY" + family], c["HALF" + family], c["WIDE" + family]
        yield from both_protocols(f"empty{family}", empty, {"target": target, "weight": 0})
        yield from both_protocols(f"silent{family}", c["SILENT" + family],
                                  {"target": target, "weight": 0}, no_target="drop")
        yield from both_protocols(f"echo{family}", c["ECHO" + family], {"target": target},
                                  echo="forward")
        yield from both_protocols(f"half{family}", half, {"target": target}, max_half_open=1)
        yield {"name": f"wide{family}-range", "vip": wide, "protocol": "tcp",
               "ports": ["8000-8999"], "targets": [{"target": target}]}
        yield {"name": f"wide{family}-all", "vip": wide, "protocol": "udp", "ports": ["all"],
               "targets": [{"target": target}]}
    for prefix, target in (("10.0.1.0/28", "t4"), ("fd01::/124", "t6")):
        yield {"name": f"prefix-{target}", "vip": prefix, "protocol": "tcp", "ports": [80],
               "targets": [{"target": target}]}


def targets():
    for name in ("t4", "t6", "f4", "f6"):
        yield {"name": name, "address": CONSTANTS[name.upper()],
               "mac": CONSTANTS[name.upper() + "_MAC"]}
    yield {"name": "mute", "address": "10.0.0.103"}


def common(device, grpc, metrics):
    return {
        "eal": {"huge_pages": False, "memory_mb": 64},
        "cores": {"management": 0, "workers": [0], "poll": "adaptive"},
        "ports": [{"name": "lan", "device": device,
                   "addresses": [CONSTANTS["OWN"] + "/24", CONSTANTS["OWN6"] + "/64"]}],
        "connections": {"per_worker": 65536}, "affinities": {"capacity": 65536},
        "nat": {"ports": "20000-20999"},
        "control": {"listen": [grpc], "insecure": True}, "metrics": {"listen": metrics},
        "targets": list(targets()), "services": list(services())}


def merged(below, above):
    """Maps by their keys, lists by their places; else what is above."""
    if isinstance(below, dict) and isinstance(above, dict):
        return {**below, **{key: merged(below.get(key), value) for key, value in above.items()}}
    if isinstance(below, list) and isinstance(above, list):
        return [merged(*both) for both in zip(below, above)] + above[len(below):] + below[len(above):]
    return above


def configuration(directory, device, grpc, metrics):
    """holdfastd's file; what the directory's configuration.yaml says is put over it."""
    file = pathlib.Path(directory, "configuration.yaml")
    own = yaml.safe_load(file.read_text().replace("DEVICE", device)) if file.exists() else {}
    return yaml.safe_dump(merged(common(device, grpc, metrics), own))
