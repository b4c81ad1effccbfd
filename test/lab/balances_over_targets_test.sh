#!/bin/bash
# Connections of clients without affinity spread over all targets, and each of
# them is counted as one balanced connection request. Rows: P4.
. "$(dirname "$0")/_lab.sh"

lab_topology
lab_start_balancer

ask_many client-1 300 >"$LAB_DIR/names"
ask_many client-2 300 >>"$LAB_DIR/names"

# A share has 200 on average; 60 off is more than five standard deviations.
check "every connection was answered" is "$(wc -l <"$LAB_DIR/names") == 600"
check_shares 140 260 <"$LAB_DIR/names"
expect_metric 600 holdfast_connection_requests_total service=web decision=balanced
expect_metric 600 holdfast_connection_requests_total service=web
expect_metric 600 holdfast_packets_total service=web step=balanced
