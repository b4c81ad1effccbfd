#!/bin/bash
# UDP flows are balanced, stay where they are, and follow an affinity when they
# begin after its start. Rows: A1, A20, P1, P2, P4.
. "$(dirname "$0")/_lab.sh"

affinity() {
  ctl_from "$2" affinity "$1" --vip "$VIP" --protocol udp --port 9000 --client 10.0.0.11 \
    --target "$2" "${@:3}"
}

lab_topology
for target in "${TARGETS[@]}"; do udp_server_start "$target" 9000; done
lab_start_balancer

ask_udp client-1 9000 {30001..30090} >"$LAB_DIR/before"
names_only <"$LAB_DIR/before" | check_shares 9 81
expect_metric 90 holdfast_connection_requests_total service=echo decision=balanced
ask_udp client-1 9000 {30001..30090} >"$LAB_DIR/again"
check "every flow stays at its target" diff "$LAB_DIR/before" "$LAB_DIR/again"
expect_metric 90 holdfast_packets_total service=echo step=connection

expect STARTED outcome_of affinity start web-2
expect "web-2=30" eval 'ask_udp client-1 9000 {30101..30130} | names_only | tally'
expect_metric 30 holdfast_connection_requests_total service=echo decision=affinity
ask_udp client-1 9000 {30001..30090} >"$LAB_DIR/held"
check "the flows of before stay at theirs" diff "$LAB_DIR/before" "$LAB_DIR/held"

# The affinity is of the service echo: TCP is balanced.
ask_many client-1 90 | check_shares 9 81

expect ENDED outcome_of affinity end web-2
expect "web-2=30" eval 'ask_udp client-1 9000 {30101..30130} | names_only | tally'
ask_udp client-1 9000 {30201..30290} | names_only | check_shares 9 81
expect_metric 180 holdfast_connection_requests_total service=echo decision=balanced
