#!/bin/bash
# It is Holdfast that answers: before its start and after its end there is no ARP
# answer for the VIP or for its own address, no ping and no connection, not even
# for a client that still knows the MAC address.
. "$(dirname "$0")/_lab.sh"

answers_arp() { in_host client-1 arping -q -c 1 -w 1 -I lan0 "$1"; }
answers_ping() { in_host client-1 ping -q -c 1 -W 1 "$1" >/dev/null; }
answers_http() { [[ $(in_host client-1 curl -s --max-time 1 "http://$VIP/") == web-* ]]; }

# With the MAC address in the client's table no ARP is needed.
know_the_mac() {
  local address mac
  mac=$(in_host lb cat /sys/class/net/lan0/address)
  for address in "$VIP" "$BALANCER_ADDRESS"; do
    ip -n "$LAB_ID-client-1" neighbour replace "$address" lladdr "$mac" dev lan0 nud permanent
  done
}

nobody_answers() {
  local address
  for address in "$VIP" "$BALANCER_ADDRESS"; do
    check_fails "no ARP answer for $address" answers_arp "$address"
    check_fails "no echo reply from $address" answers_ping "$address"
  done
  check_fails "no connection to $VIP" answers_http
}

lab_topology
know_the_mac
nobody_answers

lab_start_balancer
for address in "$VIP" "$BALANCER_ADDRESS"; do
  check "ARP answer for $address" answers_arp "$address"
  check "echo reply from $address" answers_ping "$address"
done
check "a connection to $VIP" answers_http

stop_balancer
nobody_answers
