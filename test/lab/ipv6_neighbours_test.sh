#!/bin/bash
# IPv6: the balancer finds its targets by neighbour discovery and is found by it; real
# TCP goes through. Lies are counted, and change nothing (RFC 4861).
. "$(dirname "$0")/_lab.sh"

VIP6=fd00::80
spoof() {
  in_host client-1 /usr/bin/python3 "$LAB_SOURCES/_spoofed_neighbours.py" lan0 "$mac" "$@"
}
ask_v6() { in_host client-1 curl -s --max-time 20 -H 'Connection: close' "http://[$VIP6]/?[1-$1]"; }

lab_topology
ipv6_add client-1 fd00::11
for number in 1 2 3; do
  ipv6_add "web-$number" "fd00::10$number"
  ip -n "$LAB_ID-web-$number" address add "$VIP6/128" dev lo nodad
  in_background "web-$number" "$LAB_DIR/web-$number/v6.log" /usr/bin/python3 \
    "$LAB_SOURCES/_tcp_server.py" "$VIP6" 80 "web-$number"
done
write_config
sed -i -e 's|addresses: \[10.0.0.2/24\]|addresses: [10.0.0.2/24, "fd00::2/64"]|' "$CONFIG"
sed -i -e '/^services:/i\  - {name: v6-1, address: "fd00::101"}\n  - {name: v6-2, address: "fd00::102"}\n  - {name: v6-3, address: "fd00::103"}' "$CONFIG"
cat >>"$CONFIG" <<YAML
  - name: web6
    vip: $VIP6
    protocol: tcp
    ports: [80]
    targets: [{target: v6-1}, {target: v6-2}, {target: v6-3}]
YAML
in_background client-1 "$LAB_DIR/capture" tcpdump --immediate-mode -lnvi lan0 icmp6
wait_until 5 grep -q listening "$LAB_DIR/capture"
start_with_config
mac=$(in_host lb cat /sys/class/net/lan0/address)

wait_until 5 grep -q "tgt is $VIP6, Flags \[override\]" "$LAB_DIR/capture"
expect 3 eval "ctl neighbour list --json | jq '[.neighbours[] | select(.address | startswith(\"fd00::10\")) | select(.state == \"REACHABLE\")] | length'"
ask_v6 90 | check_shares 9 81
check "it answers ping at the VIP" in_host client-1 ping -q -c 1 -W 5 "$VIP6"
check "and at its own address" in_host client-1 ping -q -c 1 -W 5 fd00::2
expect_in "lladdr $mac" ip -n "$LAB_ID-client-1" -6 neighbour show "$VIP6"

# Who wants the VIP for itself is told that it is taken (RFC 4862, 5.4).
in_host client-2 sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.lan0.disable_ipv6=0
ip -n "$LAB_ID-client-2" address add "$VIP6/64" dev lan0
wait_until 5 eval 'ip -n "$LAB_ID-client-2" address show dev lan0 | grep -q "$VIP6.*dadfailed"'
ip -n "$LAB_ID-client-2" address del "$VIP6/64" dev lan0

before=$(ctl neighbour list --json | jq -c '[.neighbours[] | [.address, .mac]]')
conflicts=$(metric holdfast_drops_total reason=address_conflict)
spoof na "$VIP6" "$VIP6"
spoof na fd00::2 fd00::2
expect_metric $((conflicts + 20)) holdfast_drops_total reason=address_conflict
spoof na_hop_limit fd00::101 fd00::2
spoof na_checksum fd00::101 fd00::2
spoof na_option_length fd00::101 fd00::2
expect_metric 30 holdfast_drops_total reason=neighbour_discovery
spoof na fd00::77 fd00::2
expect "$before" eval "ctl neighbour list --json | jq -c '[.neighbours[] | [.address, .mac]]'"
ask_v6 30 | check_shares 2 28
