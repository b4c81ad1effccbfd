#!/bin/bash
# When no target takes new requests, a client learns at once: TCP RST, ICMP port
# unreachable for UDP; or nothing at all, where the service says so. Rows: P1, P6.
. "$(dirname "$0")/_lab.sh"

drain_all() { for target in "${TARGETS[@]}"; do ctl target drain "$target" >/dev/null; done; }
# The exit status of curl: 7 is refused, 28 is timed out.
curl_status() {
  local status=0
  in_host client-1 curl -s --max-time 1 -o /dev/null "http://$VIP/" || status=$?
  echo "$status"
}

lab_topology
lab_start_balancer
keep_asking client-2 "$LAB_DIR/open"
wait_until 15 has_lines "$LAB_DIR/open" 1
read -r placed _ <"$LAB_DIR/open"
drain_all

before=$EPOCHREALTIME
expect 7 curl_status
check "it was refused at once" is "$(milliseconds_since "$before") < 500"
expect "30001 refused" ask_udp client-1 9000 30001
expect_metric 1 holdfast_connection_requests_total service=web decision=refused
expect_metric 1 holdfast_connection_requests_total service=echo decision=refused
expect_metric 2 holdfast_drops_total reason=no_target
expect_metric 1 holdfast_replies_total kind=tcp_reset
expect_metric 1 holdfast_replies_total kind=port_unreachable
expect_undisturbed "$LAB_DIR/open" "$placed"
ctl target undrain web-3 >/dev/null
expect "web-3=10" eval 'ask_many client-1 10 | tally'

stop_balancer
NO_TARGET=drop
lab_start_balancer
drain_all
expect 28 curl_status
expect "30001 silence" ask_udp client-1 9000 30001
expect_metric 0 holdfast_replies_total kind=tcp_reset
expect_metric 0 holdfast_replies_total kind=port_unreachable
