#!/bin/bash
# Whole configurations are applied, one after the other, while downloads and numbered
# UDP flows run and new flows begin: weights, targets that come and leave the services,
# services. No datagram is lost, no flow changes its target, each download arrives whole.
# Rows: P1, A1, A20.
. "$(dirname "$0")/_lab.sh"
WORKERS="0, 1"

# configuration NAME SED-SCRIPT...: $LAB_DIR/NAME.yaml, the first one with changes.
configuration() {
  sed "${@:2}" "$CONFIG" >"$LAB_DIR/$1.yaml"
}

# applied NAME: and whoever asks then is answered.
applied() {
  expect APPLIED outcome_of ctl config apply "$LAB_DIR/$1.yaml"
  expect 40 eval 'ask_many client-1 40 | tee "$LAB_DIR/names" | grep -c web-'
}

lab_topology
target_add 4
for target in "${TARGETS[@]}" web-4; do udp_server_start "$target" 9000; done
lab_start_balancer
all="{target: web-1}, {target: web-2}, {target: web-3}"
fourth="/name: web-3, address/a\\  - {name: web-4, address: 10.0.0.104}"
configuration weights -e "$fourth" -e "s/{target: web-1}/{target: web-1, weight: 0}/" \
  -e "s/{target: web-2}/{target: web-2, weight: 1000}/"
configuration fourth -e "$fourth" -e "s/$all/$all, {target: web-4}/"
configuration without_fourth -e "$fourth"
configuration only_fourth -e "$fourth" -e "s/$all/{target: web-4}/"
configuration more_services -e "$fourth" -e "/^services:/a\\
  - {name: more, vip: 10.0.0.90, protocol: tcp, ports: [80], targets: [{target: web-4}]}"

for number in 1 2 3 4; do download "$LAB_DIR/download.$number"; done
in_background client-2 "$LAB_DIR/flows" /usr/bin/python3 "$LAB_SOURCES/_udp_flows.py" "$VIP" 9000
flows=$LAST_PID
wait_until 10 grep -q running "$LAB_DIR/flows"
wait_until 10 eval '[[ $(metric holdfast_connection_requests_total service=web) == 4 ]]'

for round in 1 2; do
  applied fourth
  applied only_fourth
  expect "web-4=40" eval 'tally <"$LAB_DIR/names"'
  applied more_services
  applied without_fourth # which is a target still: what it has goes on
  check_fails "round $round: web-4, of no service, gets nothing" grep web-4 "$LAB_DIR/names"
  applied weights
  check_fails "round $round: web-1, of weight 0, gets nothing" grep web-1 "$LAB_DIR/names"
done
check "the downloads run on" is_running "${downloads[0]}"

wait "${downloads[@]}"
stop_processes "$flows"
for number in 1 2 3 4; do expect_in "$LARGE_SIZE 0 web-" cat "$LAB_DIR/download.$number"; done
# A busy machine's kernel may lose a few before its packet socket gives them to the balancer;
# each that it got was answered.
read -r _ sent _ lost _ < <(tail -n 1 "$LAB_DIR/flows")
check "$lost of $sent datagrams got lost" is "$lost * 100 < $sent"
expect_metric $((sent - lost)) holdfast_packets_total service=echo
expect_in "moved 0 targets web-1 web-2 web-3 web-4" tail -n 1 "$LAB_DIR/flows"
expect_metric 0 holdfast_drops_total reason=no_neighbour
expect_metric 0 holdfast_drops_total reason=no_target
stop_balancer
