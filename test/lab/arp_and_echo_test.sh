#!/bin/bash
# The balancer answers ARP and ping for its own address and for the VIP, always
# with the one MAC address of its port, and for no other address. With `echo: forward`
# a target answers pings of the VIP.
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

# echo: forward. Pings of the VIP are the targets' to answer; the balancer's own address is not theirs.
echoes_at_targets() {
  local target sum=0
  for target in "${TARGETS[@]}"; do
    sum=$((sum + $(in_host "$target" awk '
      $1 == "Icmp:" && !column { for (i = 1; i <= NF; i++) if ($i == "InEchos") column = i; next }
      $1 == "Icmp:" { print $column }' /proc/net/snmp)))
  done
  echo "$sum"
}
targets_ignore_pings() {
  local target
  for target in "${TARGETS[@]}"; do
    in_host "$target" sysctl -qw "net.ipv4.icmp_echo_ignore_all=$1"
  done
}
expect 0 echoes_at_targets
expect_in "service web: echo answer -> forward" ctl service update web --echo forward
for size in 0 56 1472; do
  check "5 echo replies from a target, $size bytes" ping_from client-1 -c 5 -s "$size" "$VIP"
done
expect 15 echoes_at_targets
expect_metric 40 holdfast_replies_total kind=echo_reply
targets_ignore_pings 1
check_fails "no echo reply for the VIP from targets that ignore pings" ping_from client-1 -c 2 "$VIP"
check "the balancer's own address answers" ping_from client-1 -c 5 "$BALANCER_ADDRESS"
expect_metric 45 holdfast_replies_total kind=echo_reply
targets_ignore_pings 0
expect_in "service web: echo forward -> answer" ctl service update web --echo answer
check "5 echo replies from the balancer" ping_from client-1 -c 5 "$VIP"
expect 17 echoes_at_targets
expect_metric 50 holdfast_replies_total kind=echo_reply
