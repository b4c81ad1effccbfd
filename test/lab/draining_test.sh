#!/bin/bash
# A draining target keeps its connections and its affinities and gets nothing else;
# undrained it gets back what it had. Rows: P1, P2, P4.
. "$(dirname "$0")/_lab.sh"

lab_topology
lab_start_balancer
ask_from client-1 {20001..20040} >"$LAB_DIR/before"
keep_asking client-1 "$LAB_DIR/open"
wait_until 15 has_lines "$LAB_DIR/open" 1
read -r drained _ <"$LAB_DIR/open"
expect STARTED outcome_of start_affinity "$drained" 10.0.0.12

expect DRAINING eval 'ctl target drain "$drained" --json | jq -r .target.state'
ask_many client-1 100 >"$LAB_DIR/names"
check "of 100 connections none is balanced to $drained" eval '! grep -q "$drained" "$LAB_DIR/names"'
expect 2 eval 'sort -u "$LAB_DIR/names" | grep -c web'
expect "$drained=20" eval 'ask_many client-2 20 | tally'
expect_undisturbed "$LAB_DIR/open" "$drained"

# Who was elsewhere before is not moved much: a ring without one of its targets.
ask_from client-1 {20001..20040} >"$LAB_DIR/meanwhile"
moved=$(join "$LAB_DIR/before" "$LAB_DIR/meanwhile" |
  awk -v drained="$drained" '$2 != drained && $2 != $3' | wc -l)
check "of the other targets' ports $moved moved" is "$moved <= 8"

expect UP eval 'ctl target undrain "$drained" --json | jq -r .target.state'
ask_from client-1 {20001..20040} >"$LAB_DIR/after"
check "every port goes where it went before" diff "$LAB_DIR/before" "$LAB_DIR/after"
expect_undisturbed "$LAB_DIR/open" "$drained"
