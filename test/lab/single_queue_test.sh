#!/bin/bash
# Two workers on a device with one pair of queues: the first one receives for both, and sends for
# both. Rows: P1, P2, P4.
. "$(dirname "$0")/_lab.sh"
WORKERS="0, 1"

lab_topology
write_config
sed -i 's/qpairs={queues}/qpairs=1/' "$CONFIG"
start_with_config
check "it says so" grep -q "has 1 pairs of queues for 2 workers" "$LOG"

ask_many client-1 200 | check_shares 30 110
check "both workers placed connections" both_counted holdfast_connection_requests_total decision=balanced
check "both workers sent packets" both_counted holdfast_worker_tx_packets_total
expect STARTED outcome_of start_affinity web-2 10.0.0.11
expect "web-2=100" eval 'ask_many client-1 100 | tally'
check "both workers followed the affinity" both_counted holdfast_connection_requests_total decision=affinity
check "it answers ping" in_host client-1 ping -q -c 1 -W 5 "$VIP"
expect "$LARGE_SIZE" in_host client-1 curl -s -o /dev/null --max-time 60 -w '%{size_download}' \
  "http://$VIP/large"
expect_metric 0 holdfast_drops_total reason=handover_full
expect_metric 0 holdfast_drops_total reason=tx_full
stop_balancer

# By addresses, all connections of a client are one worker's.
sed -i 's/^cores: {/&spread: addresses, /' "$CONFIG"
start_with_config
ask_many client-1 60 | check_shares 6 54
expect_metric 60 holdfast_connection_requests_total decision=balanced
check_fails "one worker has them all" both_counted holdfast_connection_requests_total decision=balanced
stop_balancer
