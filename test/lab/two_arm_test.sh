#!/bin/bash
# Two arms: clients at one port, targets at the other, each port with an address of its
# own. Replies go past the balancer. (All other labs have one arm.)
#
#   client-1 10.0.0.11 ── lan ── [10.0.0.2  lb  10.0.1.2] ── back ── web-1 10.0.1.101 ...
#                          └────── replies: lan0 of each target ──────┘
#
. "$(dirname "$0")/_lab.sh"

lab_topology
ip -n "$LAB_ID-switch" link add back type bridge forward_delay 0 mcast_snooping 0
ip -n "$LAB_ID-switch" link set back up
cable lb back0 back
ip -n "$LAB_ID-lb" link set back0 arp off
for number in 1 2 3; do
  cable "web-$number" back0 back
  in_host "web-$number" sysctl -qw net.ipv4.conf.back0.rp_filter=0
  ip -n "$LAB_ID-web-$number" address add "10.0.1.10$number/24" dev back0
done

write_config
sed -i -e 's/address: 10\.0\.0\.10/address: 10.0.1.10/' \
  -e '/name: lan,/a\  - {name: back, device: "net_af_packet1,iface=back0,qpairs={queues}", addresses: [10.0.1.2/24]}' \
  "$CONFIG"
in_background client-1 "$LAB_DIR/lan" tcpdump --immediate-mode -lnei lan0 arp
in_background web-1 "$LAB_DIR/back" tcpdump --immediate-mode -lnei back0 arp
wait_until 5 grep -q listening "$LAB_DIR/lan"
wait_until 5 grep -q listening "$LAB_DIR/back"
start_with_config

expect "10.0.1.101 back REACHABLE
10.0.1.102 back REACHABLE
10.0.1.103 back REACHABLE" eval \
  'ctl neighbour list --json | jq -r ".neighbours[] | \"\(.address) \(.port) \(.state)\""'
ask_many client-1 90 | check_shares 9 81
check "requests come by one port and leave by the other" \
  is "$(metric holdfast_port_tx_packets_total port=back) > 300"

wait_until 5 grep -q "who-has $VIP .*tell $VIP" "$LAB_DIR/lan"
check "the VIP is announced at the port in whose subnet it is" grep -q "tell 10.0.0.2" "$LAB_DIR/lan"
check_fails "and at no other" grep -q "tell $VIP" "$LAB_DIR/back"
check "the other port announces its own address" grep -q "who-has 10.0.1.2 .*tell 10.0.1.2" "$LAB_DIR/back"
check "targets are asked for by it" grep -q "who-has 10.0.1.101 .*tell 10.0.1.2" "$LAB_DIR/back"
check "each port answers ping for its own address" eval \
  'in_host client-1 ping -q -c 1 -W 5 10.0.0.2 && in_host web-1 ping -q -c 1 -W 5 10.0.1.2'
