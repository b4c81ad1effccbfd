#!/bin/bash
# What the balancer refuses: how it says so, and that nothing has changed.
# Rows: A3, A7, A14, A15, A16.
. "$(dirname "$0")/_lab.sh"

standing() { ctl affinity list --json | jq -c '[.affinities[] | del(.age, .time_left)]'; }

# refused STATUS TEXT COMMAND...: it ends with the status and says the text.
refused() {
  local wanted=$1 text=$2 status=0 said before
  shift 2
  before=$(standing)
  said=$("$@" 2>&1) || status=$?
  [[ $status == "$wanted" && $said == *"$text"* ]] ||
    fail "wanted status $wanted and '$text', got status $status and '$said' from: $*"
  [[ $(standing) == "$before" ]] || fail "this changed what stands: $*"
  echo "  ok: status $status, $said"
}

start() { ctl affinity start --vip "$VIP" --client 10.0.0.11 --target web-1 "$@"; }
conflict_with() { ("$@" --json 2>/dev/null || true) | jq -r .conflict.target; }

lab_topology
lab_start_balancer
expect STARTED outcome_of start_affinity web-1 10.0.0.11

# A3 and A15: the holder is named.
refused 1 "OWNED_BY_OTHER" start_affinity web-2 10.0.0.11
expect web-1 conflict_with start_affinity web-2 10.0.0.11
refused 1 "OWNED_BY_OTHER" end_affinity web-2 10.0.0.11
expect web-1 conflict_with end_affinity web-2 10.0.0.11

# A7: VIP, port, protocol and target.
refused 1 "NOT_A_TARGET" ctl affinity start --vip 10.0.0.99 --client 10.0.0.12 --target web-1
refused 1 "NOT_A_TARGET" ctl affinity start --vip "$VIP" --port 81 --client 10.0.0.12 --target web-1
refused 1 "NOT_A_TARGET" ctl affinity start --vip "$VIP" --port 80 --protocol udp \
  --client 10.0.0.12 --target web-1
refused 1 "NOT_A_TARGET" ctl affinity start --vip "$VIP" --client 10.0.0.12 --target web-4

# A14:
refused 1 "NOT_FOUND" end_affinity web-1 10.0.0.12
refused 1 "NOT_FOUND" ctl affinity end --vip 10.0.0.99 --client 10.0.0.11 --target web-1

# A16: field, value and rule.
refused 2 "service_ports[1]: 0" start --port 80,0
refused 2 "client_ports[0]: 70000" start --port 80 --client-port 70000
refused 2 "10.0.0.300" ctl affinity start --vip 10.0.0.300 --client 10.0.0.11 --target web-1
refused 2 "2001:db8::7" ctl affinity start --vip "$VIP" --client 2001:db8::7 --target web-1
refused 2 "10.0.0.11" ctl affinity start --vip "$VIP" --client 10.0.0.11/24 --target web-1
refused 2 "client_prefix_length: 33" ctl affinity start --vip "$VIP" --client 10.0.0.11/33 \
  --target web-1
refused 2 "sctp" start --protocol sctp

# And the one that stands still holds.
expect "web-1=20" eval 'ask_many client-1 20 | tally'
expect_metric 4 holdfast_affinity_requests_total outcome=owned_by_other
expect_metric 4 holdfast_affinity_requests_total outcome=not_a_target
expect_metric 2 holdfast_affinity_requests_total outcome=not_found
expect_metric 1 holdfast_affinity_requests_total outcome=started
