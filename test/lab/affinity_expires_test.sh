#!/bin/bash
# What a start is granted, and the clock that ends it: afterwards balancing places
# the client as before, and an open connection stays. Rows: A2, A17, A18, A20.
. "$(dirname "$0")/_lab.sh"
MAX_DURATION=90s

granted() { start_affinity "$@" --json | jq -r .granted_duration; }

lab_topology
lab_start_balancer
owner=web-2

# A17: absent, zero, or not below the maximum.
expect 90s granted "$owner" 10.0.0.11
expect 90s granted "$owner" 10.0.0.11 --duration 0
expect 90s granted "$owner" 10.0.0.11 --duration 90s
expect 90s granted "$owner" 10.0.0.11 --duration 2h
expect 89s granted "$owner" 10.0.0.11 --duration 89s
expect ENDED outcome_of end_affinity "$owner" 10.0.0.11

ask_from client-1 {20001..20020} >"$LAB_DIR/before"
expect STARTED outcome_of start_affinity "$owner" 10.0.0.11 --duration 60s

# A2: a start that renews sets the clock anew, to what it asks for.
expect RENEWED outcome_of start_affinity "$owner" 10.0.0.11 --duration 3s
started=$EPOCHREALTIME
keep_asking client-1 "$LAB_DIR/open"
expect "$owner=20" eval 'ask_many client-1 20 | tally'
expect_metric 1 holdfast_affinities service=web target="$owner"

# A18: nobody ends it.
wait_until 5 eval '[[ $(metric holdfast_affinities_expired_total) == 1 ]]'
check "it did not end before its three seconds" is "$(milliseconds_since "$started") >= 2700"
expect_metric 0 holdfast_affinities service=web
expect 0 eval 'ctl affinity list --json | jq ".affinities | length"'
ask_from client-1 {20001..20020} >"$LAB_DIR/after"
check "every port goes where it went before" diff "$LAB_DIR/before" "$LAB_DIR/after"
expect NOT_FOUND outcome_of end_affinity "$owner" 10.0.0.11
expect_undisturbed "$LAB_DIR/open" "$owner"
