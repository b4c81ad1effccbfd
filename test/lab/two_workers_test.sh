#!/bin/bash
# Two workers share the traffic and follow the same affinity. Fails unless both
# received packets and placed connections. Rows: A1, A11, P2, P4.
. "$(dirname "$0")/_lab.sh"
WORKERS="0, 1"

lab_topology
lab_start_balancer

ask_many client-1 200 | check_shares 30 110
expect_metric 200 holdfast_connection_requests_total decision=balanced
check "both workers received packets" both_counted holdfast_worker_rx_packets_total
check "both workers placed connections" both_counted holdfast_connection_requests_total decision=balanced

expect STARTED outcome_of start_affinity web-2 10.0.0.11
expect "web-2=200" eval 'ask_many client-1 200 | tally'
expect_metric 200 holdfast_connection_requests_total decision=affinity
check "both workers followed the affinity" both_counted holdfast_connection_requests_total decision=affinity

expect ENDED outcome_of end_affinity web-2 10.0.0.11
ask_many client-1 200 | check_shares 30 110
expect_metric 400 holdfast_connection_requests_total decision=balanced
expect_metric 600 holdfast_connection_requests_total
