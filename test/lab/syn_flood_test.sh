#!/bin/bash
# A flood of SYNs fills the connection table many times over: connections that
# carried data stay where they are, an affinity holds, and new clients are served.
# Rows: P1, P2, P8.
. "$(dirname "$0")/_lab.sh"

lab_topology
write_config
sed -i 's/per_worker: 65536/per_worker: 1024/' "$CONFIG"
start_with_config
keep_asking client-1 "$LAB_DIR/open"
wait_until 15 has_lines "$LAB_DIR/open" 3
read -r placed _ <"$LAB_DIR/open"
owner=$(another_target "$placed")
expect STARTED outcome_of start_affinity "$owner" 10.0.0.12

in_host client-1 /usr/bin/python3 "$LAB_SOURCES/_syn_flood.py" lan0 \
  "$(in_host lb cat /sys/class/net/lan0/address)" "$VIP" 80 20000
evicted=$(metric holdfast_connection_table_events_total event=evicted_unfinished)
check "$evicted unfinished connections made room" is "$evicted > 10000"
kept=$(metric holdfast_connections)
check "of 20000 the table remembers $kept" is "$kept >= 1024 && $kept < 4096"

expect_undisturbed "$LAB_DIR/open" "$placed"
expect "$owner=20" eval 'ask_many client-2 20 | tally'
ask_many client-1 90 | check_shares 9 81
expect_metric 0 holdfast_connection_table_events_total event=not_remembered
