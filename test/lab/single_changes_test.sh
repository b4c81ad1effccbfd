#!/bin/bash
# An operator adds a target and a service, changes weights, and drains a target until
# nothing holds on to it, and removes it; an open connection elsewhere does not notice.
# Rows: P1, P2, P4, A21.
. "$(dirname "$0")/_lab.sh"

lab_topology
target_add 4
write_config
sed -i 's/{per_worker: 65536}/{per_worker: 65536, timeouts: {tcp_opening: 1s, tcp_closing: 1s}}/' \
  "$CONFIG"
start_with_config
keep_asking client-1 "$LAB_DIR/open"
wait_until 15 has_lines "$LAB_DIR/open" 3
read -r stays _ <"$LAB_DIR/open"
goes=$(another_target "$stays")

expect_in "target web-4: added, address 10.0.0.104" ctl target create web-4 \
  --address 10.0.0.104 --service web --weight 300
for target in "${TARGETS[@]}"; do ctl service weight web "$target" 0 >/dev/null; done
expect "web-4=30" eval 'ask_many client-2 30 | tally'
expect_metric 0 holdfast_drops_total reason=no_neighbour
expect_in "service other: added" ctl service create other --vip 10.0.0.81 --protocol tcp \
  --port 80 --target "$stays" --target "$goes=0"
for target in "${TARGETS[@]}"; do ip -n "$LAB_ID-$target" address add 10.0.0.81/32 dev lo; done
expect "$stays" ask client-2 http://10.0.0.81/
ctl service update other --port 8080
expect "$stays" ask client-2 http://10.0.0.81:8080/
check_fails "port 80 is gone" ask client-2 http://10.0.0.81/

expect_in "'10.0.0.300': not an IPv4 or IPv6 address" ctl target update web-4 --address 10.0.0.300
expect_in "no service is called 'ftp'; there are: echo, other, web" ctl service delete ftp
expect_in "a target is called 'web-4' already" ctl target create web-4 --address 10.0.0.105

# web-4 has an open connection and an affinity; both end, and drain --wait with them.
in_background client-2 "$LAB_DIR/slow" curl -s -o /dev/null --limit-rate 100k "http://$VIP/large"
slow=$LAST_PID
expect STARTED outcome_of start_affinity web-4 10.0.0.12
in_background lb "$LAB_DIR/drain" "$HOLDFASTCTL" --server "$GRPC_ADDRESS" target drain web-4 --wait
drain=$LAST_PID
wait_until 15 grep -q "target 'web-4': 1 connections, 1 affinities left" "$LAB_DIR/drain"
expect_in "not drained after 100ms" ctl target drain web-4 --wait --at-most 100ms
expect ENDED outcome_of end_affinity web-4 10.0.0.12
wait_until 15 grep -q "1 connections, 0 affinities left" "$LAB_DIR/drain"
check "it still waits" is_running "$drain"
stop_processes "$slow"
wait "$drain" || fail "drain --wait ended with status $?: $(<"$LAB_DIR/drain")"
expect "target 'web-4': 0 connections, 0 affinities left" tail -n 1 "$LAB_DIR/drain"

expect_in "target web-4: removed" ctl target delete web-4
expect_in "service web: target $goes: weight 0 -> 100" ctl service weight web "$goes" 100
expect "$goes=30" eval 'ask_many client-2 30 | tally'
expect_in "service other: removed" ctl service delete other
expect_undisturbed "$LAB_DIR/open" "$stays"

# The file is what holds again as soon as it is applied.
expect_in "service web: target $stays: weight 0 -> 100" ctl config apply "$CONFIG"
expect UNCHANGED outcome_of ctl config apply "$CONFIG"
expect_undisturbed "$LAB_DIR/open" "$stays"
stop_balancer
