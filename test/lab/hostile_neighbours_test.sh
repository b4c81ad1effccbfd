#!/bin/bash
# Lies about addresses change nothing and are counted; VIPs are announced at start, when
# asked for, and when a link comes up again, which is seen and counted.
. "$(dirname "$0")/_lab.sh"

spoof() {
  in_host client-2 /usr/bin/python3 "$LAB_SOURCES/_spoofed_neighbours.py" lan0 "$mac" "$@"
}
announcements() { grep -c "Request who-has $VIP .*tell $VIP" "$LAB_DIR/capture" || true; }
announced() { (($(announcements) >= $1)); } # at least so often

lab_topology
write_config
web_3=$(in_host web-3 cat /sys/class/net/lan0/address)
sed -i "s/address: 10.0.0.103}/address: 10.0.0.103, mac: '$web_3'}/" "$CONFIG"
in_background client-1 "$LAB_DIR/capture" tcpdump --immediate-mode -lni lan0 arp
wait_until 5 grep -q listening "$LAB_DIR/capture"
start_with_config
mac=$(in_host lb cat /sys/class/net/lan0/address)
wait_until 5 announced 2
ask_many client-1 60 | check_shares 6 54
before=$(ctl neighbour list --json | jq -c '[.neighbours[] | [.address, .mac]]')

spoof arp_reply "$VIP"
spoof arp_request "$VIP" 10.0.0.101
spoof arp_reply 10.0.0.2
expect_metric 30 holdfast_drops_total reason=address_conflict
expect_metric 30 holdfast_neighbour_claims_ignored_total reason=own_address
check "the log says who, without being filled" \
  is "$(grep -c 'which is ours' "$LOG") >= 1 && $(grep -c 'which is ours' "$LOG") <= 3"
spoof arp_reply 10.0.0.103
expect_metric 10 holdfast_neighbour_claims_ignored_total reason=static
spoof arp_reply 10.0.0.77
expect "$before" eval "ctl neighbour list --json | jq -c '[.neighbours[] | [.address, .mac]]'"
ip -n "$LAB_ID-client-1" neighbour flush dev lan0
ask_many client-1 60 | check_shares 6 54

count=$(announcements)
expect_in "$VIP" ctl vip announce "$VIP"
wait_until 5 announced $((count + 2))
expect_in "no service has the VIP" ctl vip announce 10.0.0.99
expect_in "10.0.0.2" ctl vip announce
wait_until 5 announced $((count + 4))

expect_metric 1 holdfast_port_link_up port=lan
ip -n "$LAB_ID-switch" link set lb.lan down
wait_until 5 grep -q "its link is down" "$LOG"
expect_metric 0 holdfast_port_link_up port=lan
ip -n "$LAB_ID-switch" link set lb.lan up
wait_until 5 grep -q "its link is up again" "$LOG"
expect_metric 1 holdfast_port_link_up port=lan
expect_metric 2 holdfast_port_link_changes_total port=lan
wait_until 5 announced $((count + 6))
ask_many client-1 60 | check_shares 6 54
