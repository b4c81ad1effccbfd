#!/bin/bash
# A connection that was balanced survives a restart of the balancer: the ring finds
# its target again without a table. Rows: P5.
. "$(dirname "$0")/_lab.sh"

lab_topology
lab_start_balancer
for client in client-1 client-2; do
  keep_asking "$client" "$LAB_DIR/open.$client"
  wait_until 15 has_lines "$LAB_DIR/open.$client" 3
done

stop_balancer
lab_start_balancer
for client in client-1 client-2; do
  read -r placed _ <"$LAB_DIR/open.$client"
  expect_undisturbed "$LAB_DIR/open.$client" "$placed"
done
expect_metric 2 holdfast_connections
# A packet that came before the targets' MAC addresses were known was dropped.
by_ring=$(($(metric holdfast_packets_total step=ring) + $(metric holdfast_drops_total reason=no_neighbour)))
check "the ring found both" is "$by_ring >= 2"
expect_metric 0 holdfast_connection_requests_total
