#!/bin/bash
# Large downloads run while affinities of their client start, expire
# and end and their target drains: each arrives whole, from one target.
# Rows: A1, A18, A20, P1.
. "$(dirname "$0")/_lab.sh"
WORKERS="0, 1"

lab_topology
lab_start_balancer
for number in 1 2 3; do download "$LAB_DIR/download.$number"; done
wait_until 10 eval '[[ $(metric holdfast_connection_requests_total) == 3 ]]'

for target in "${TARGETS[@]}"; do
  expect STARTED outcome_of start_affinity "$target" 10.0.0.11
  expect "$target=10" eval 'ask_many client-1 10 | tally'
  expect ENDED outcome_of end_affinity "$target" 10.0.0.11
  ctl target drain "$target"
done
expect STARTED outcome_of start_affinity web-1 10.0.0.11 --duration 1s
wait_until 5 eval '[[ $(metric holdfast_affinities_expired_total) == 1 ]]'
check "the downloads run on" is_running "${downloads[0]}"

wait "${downloads[@]}"
for number in 1 2 3; do expect_in "$LARGE_SIZE 0 web-" cat "$LAB_DIR/download.$number"; done
expect_metric 33 holdfast_connection_requests_total
