#!/bin/bash
# A target that is down for a service: TCP stays, UDP is decided anew, affinities end; the
# last target is kept, and an alarm raised. A drain_deadline ends affinities. Rows: P1, P2, A21.
. "$(dirname "$0")/_lab.sh"

state_of() { ctl target "$1" "$2" --service "$3" --json | jq -r .target.state; }

lab_topology
for target in "${TARGETS[@]}"; do udp_server_start "$target" 9000; done
lab_start_balancer
keep_asking client-1 "$LAB_DIR/open"
wait_until 15 has_lines "$LAB_DIR/open" 1
read -r down _ <"$LAB_DIR/open"
ask_udp client-1 9000 {30001..30060} >"$LAB_DIR/flows"
expect STARTED outcome_of start_affinity "$down" 10.0.0.12

expect DOWN state_of down "$down" echo
ask_udp client-1 9000 {30001..30060} >"$LAB_DIR/after"
check "no flow stays with $down" eval '! grep -q "$down" "$LAB_DIR/after"'
check "the other flows stay where they were" \
  is "$(join "$LAB_DIR/flows" "$LAB_DIR/after" | awk -v d="$down" '$2 != d && $2 != $3' | wc -l) == 0"
expect "$down=20" eval 'ask_many client-2 20 | tally'

expect DOWN state_of down "$down" web
check "no new connection goes to $down" eval '! ask_many client-2 40 | grep -q "$down"'
expect_metric 1 holdfast_affinities_orphaned_total reason=target_down
expect NOT_A_TARGET outcome_of start_affinity "$down" 10.0.0.12
expect_undisturbed "$LAB_DIR/open" "$down"

# The last one is kept.
last=
for target in "${TARGETS[@]}"; do
  if [[ $target != "$down" ]]; then last=$target && state_of down "$target" web >/dev/null; fi
done
expect_metric 1 holdfast_service_panics_total service=web
expect_metric 1 holdfast_service_panic service=web
expect "$last=20" eval 'ask_many client-2 20 | tally'
for target in "${TARGETS[@]}"; do expect UP state_of up "$target" web; done
expect_metric 0 holdfast_service_panic service=web

expect STARTED outcome_of start_affinity "$down" 10.0.0.12
sed -i "s/    ports: \[80\]/&\n    drain_deadline: 2s/" "$CONFIG"
expect APPLIED eval 'ctl config apply "$CONFIG" --json | jq -r .outcome'
expect DRAINING eval 'ctl target drain "$down" --json | jq -r .target.state'
expect "$down=5" eval 'ask_many client-2 5 | tally'
wait_until 10 eval '[[ $(metric holdfast_affinities_orphaned_total reason=drained) == 1 ]]'
check "its client is balanced now" eval '! ask_many client-2 40 | grep -q "$down"'
expect_undisturbed "$LAB_DIR/open" "$down"
