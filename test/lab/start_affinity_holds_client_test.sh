#!/bin/bash
# A target starts an affinity: all later connections of the client reach it, from
# ports too that balancing sends elsewhere; another client's still spread; what
# was open stays where it was. After the end balancing places the client again.
# Rows: A1, A11, A20, P1, P2.
. "$(dirname "$0")/_lab.sh"

lab_topology
lab_start_balancer

# Given: a connection that is open, an owner that is another target, and ports of
# the same client that balancing does not send to the owner.
keep_asking client-1 "$LAB_DIR/open"
wait_until 15 has_lines "$LAB_DIR/open" 1
read -r placed _ <"$LAB_DIR/open"
owner=$(another_target "$placed")
ask_from client-1 {20001..20030} >"$LAB_DIR/before"
mapfile -t ports < <(ports_not_at "$owner" <"$LAB_DIR/before")
check "balancing sends ${#ports[@]} of 30 ports not to $owner" is "${#ports[@]} >= 8"
expect_metric 0 holdfast_connection_requests_total decision=affinity

# When: the owner says so, from its own namespace.
expect STARTED outcome_of start_affinity "$owner" 10.0.0.11

# Then:
expect "$owner=${#ports[@]}" eval 'ask_from client-1 "${ports[@]}" | names_only | tally'
expect "$owner=20" eval 'ask_many client-1 20 | tally'
expect_metric $((${#ports[@]} + 20)) holdfast_connection_requests_total service=web decision=affinity
expect_metric 1 holdfast_affinities service=web target="$owner"
ask_many client-2 90 | check_shares 9 81
expect_metric $((${#ports[@]} + 20)) holdfast_connection_requests_total decision=affinity
expect_undisturbed "$LAB_DIR/open" "$placed"

# When it ends, the same ports go where they went before.
expect ENDED outcome_of end_affinity "$owner" 10.0.0.11
ask_from client-1 {20001..20030} >"$LAB_DIR/after"
check "every port goes where it went before" diff "$LAB_DIR/before" "$LAB_DIR/after"
expect_metric 0 holdfast_affinities service=web
expect_undisturbed "$LAB_DIR/open" "$placed"
