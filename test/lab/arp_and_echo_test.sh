#!/bin/bash
# The balancer answers ARP and ping for its own address and for the VIP, always
# with the one MAC address of its port, and for no other address.
. "$(dirname "$0")/_lab.sh"

# macs_of CLIENT ADDRESS: every MAC address that answers ARP for it.
macs_of() {
  in_host "$1" arping -c 2 -w 2 -I lan0 "$2" | sed -n 's/.*reply from [^ ]* \[\([^]]*\)\].*/\L\1/p' |
    sort -u
}
ping_from() { in_host "$1" ping -q -i 0.05 -W 2 "${@:2}" >/dev/null; }

lab_topology
lab_start_balancer
mac=$(in_host lb cat /sys/class/net/lan0/address)

for address in "$VIP" "$BALANCER_ADDRESS"; do
  expect "$mac" macs_of client-1 "$address"
  expect "$mac" macs_of client-2 "$address"
  for size in 0 1 56 1472; do
    check "5 echo replies from $address, $size bytes" ping_from client-1 -c 5 -s "$size" "$address"
  done
done
expect_metric 40 holdfast_local_packets_total kind=echo_request
expect_metric 40 holdfast_replies_total kind=echo_reply

expect "" macs_of client-1 10.0.0.99
ip -n "$LAB_ID-client-1" neighbour add 10.0.0.99 lladdr "$mac" dev lan0 nud permanent
check_fails "no echo reply for 10.0.0.99" ping_from client-1 -c 2 10.0.0.99
expect_metric 2 holdfast_drops_total reason=not_our_address
expect_metric 40 holdfast_replies_total kind=echo_reply
