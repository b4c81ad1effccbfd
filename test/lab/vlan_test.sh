#!/bin/bash
# Ports that are VLANs of one device, which the switch gives as a trunk: clients and one-arm
# targets in VLAN 10, targets behind nat in VLAN 20, which nothing but the balancer joins.
#
#   client-1 10.0.0.11 ─── VLAN 10 ─┐
#   web-1 ... 10.0.0.101 ─ VLAN 10 ─┼─ tags 10, 20 ─ lb  10.0.0.2 and 10.0.1.2
#         ... 10.0.1.101 ─ VLAN 20 ─┘
. "$(dirname "$0")/_lab.sh"

# vlan_add VLAN BRIDGE: the trunk has it, too; its frames have no tag in the bridge.
trunk=()
vlan_add() {
  ip -n "$LAB_ID-switch" link add "v$1" type veth peer name "$2.trunk"
  ip -n "$LAB_ID-switch" link set "$2.trunk" master "$2" up
  ip -n "$LAB_ID-switch" link set "v$1" up
  in_host switch ethtool -K "v$1" tx off rx off sg off tso off gso off gro off >/dev/null
  in_host switch ethtool -K "$2.trunk" tx off rx off sg off tso off gso off gro off >/dev/null
  trunk+=("$1=v$1")
}

lab_topology
ip -n "$LAB_ID-switch" link add back type bridge forward_delay 0 mcast_snooping 0
ip -n "$LAB_ID-switch" link set back up
for number in 1 2 3; do
  cable "web-$number" back0 back
  ip -n "$LAB_ID-web-$number" address add "10.0.1.10$number/24" dev back0
done
ip -n "$LAB_ID-switch" link set lb.lan nomaster
vlan_add 10 lan
vlan_add 20 back
in_background switch "$LAB_DIR/trunk.log" /usr/bin/python3 "$LAB_SOURCES/_vlan_trunk.py" lb.lan "${trunk[@]}"
wait_until 5 grep -q ready "$LAB_DIR/trunk.log"

write_config
device=$(device_of "$DRIVER")
sed -i -e '1i nat: {}' \
  -e "s|^  - {name: lan, .*|  - {name: clients, device: \"$device\", vlan: 10, addresses: [10.0.0.2/24]}\n  - {name: servers, device: \"$device\", vlan: 20, addresses: [10.0.1.2/24]}|" \
  -e '/^services:/i\  - {name: back-1, address: 10.0.1.101}\n  - {name: back-2, address: 10.0.1.102}\n  - {name: back-3, address: 10.0.1.103}' \
  "$CONFIG"
cat >>"$CONFIG" <<YAML
  - name: inner
    vip: 10.0.0.81
    protocol: tcp
    ports: [80]
    forwarding: nat
    target_port: 8080
    targets: [{target: back-1}, {target: back-2}, {target: back-3}]
YAML
in_background switch "$LAB_DIR/wire" tcpdump --immediate-mode -lnei lb.lan
wait_until 5 grep -q listening "$LAB_DIR/wire"
start_with_config

expect "10.0.0.101 clients REACHABLE
10.0.0.102 clients REACHABLE
10.0.0.103 clients REACHABLE
10.0.1.101 servers REACHABLE
10.0.1.102 servers REACHABLE
10.0.1.103 servers REACHABLE" eval \
  'ctl neighbour list --json | jq -r ".neighbours[] | \"\(.address) \(.port) \(.state)\"" | sort'
ask_many client-1 90 | check_shares 9 81
in_host client-1 curl -s --max-time 20 -H 'Connection: close' 'http://10.0.0.81/?[1-90]' |
  check_shares 9 81
check "what goes to servers has their tag" wait_until 5 grep -q 'vlan 20,.*10.0.1.2.* > 10.0.1.10.*8080' "$LAB_DIR/wire"
check "what comes back goes to clients with theirs" \
  wait_until 5 grep -q 'vlan 10,.*10.0.0.81.80 > 10.0.0.11' "$LAB_DIR/wire"
check "it answers ping in each VLAN" eval \
  'in_host client-1 ping -q -c 1 -W 5 10.0.0.2 && in_host web-1 ping -q -c 1 -W 5 10.0.1.2'

# 1500 bytes and a tag: the longest packets, both ways.
expect 4194304 in_host client-1 curl -s -o /dev/null --max-time 60 -r 0-4194303 \
  -w '%{size_download}' http://10.0.0.81/large
expect 200 eval 'head -c 4194304 /dev/zero | in_host client-1 curl -s -o /dev/null --max-time 60 \
  -w "%{http_code}" --data-binary @- http://10.0.0.81/'

# Without a tag, and of a VLAN that no port has.
in_host switch /usr/bin/python3 -c "$(cat <<'PYTHON'
import socket, sys
trunk = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
trunk.bind(("lb.lan", 0))
frame = b"\xff" * 6 + b"\x02\0\0\0\0\x01" + b"%s\x08\x06" + bytes(50)
trunk.send(frame % b"")
trunk.send(frame % b"\x81\0\0\x1e")
PYTHON
)"
expect_metric 2 holdfast_drops_total reason=vlan
expect 2 eval 'scrape | grep -c "^holdfast_port_link_up"'
expect 1 eval 'scrape | grep -c "^holdfast_port_rx_packets_total"'
stop_balancer
