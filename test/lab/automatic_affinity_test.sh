#!/bin/bash
# While a client has a connection, its others go to the same target, on two workers; when all have
# ended and timed out it is balanced anew, and nothing is left of it. Rows: T1, T2, T3, P3.
. "$(dirname "$0")/_lab.sh"
WORKERS="0, 1"

# are_clients COUNT: so many clients have connections.
are_clients() { [[ $(metric holdfast_automatic_clients) == "$1" ]]; }
# set_automatic YAML: of service web; "" takes it away.
set_automatic() {
  sed -i "/^    automatic_affinity: /d" "$CONFIG"
  if [[ $1 ]]; then sed -i "s/^    ports: \[80\]/&\n    automatic_affinity: $1/" "$CONFIG"; fi
  expect APPLIED eval 'ctl config apply "$CONFIG" --json | jq -r .outcome'
}

lab_topology
write_config
sed -i "s/    ports: \[80\]/&\n    method: round_robin\n    timeouts: {tcp_closing: 2s}\n    automatic_affinity: {}/" "$CONFIG"
start_with_config
check "its table is told at the start" grep -q "clients with automatic affinity: room for" "$LOG"

keep_asking client-1 "$LAB_DIR/open"
open=$LAST_PID
wait_until 15 has_lines "$LAB_DIR/open" 1
read -r place _ <"$LAB_DIR/open"
expect_metric 1 holdfast_automatic_clients
expect "$place=200" eval 'ask_many client-1 200 | tally'
check "both workers followed it" both_counted holdfast_connection_requests_total decision=automatic
expect_in "client 10.0.0.11: " ctl explain --client 10.0.0.11:50000 --vip "$VIP:80"
expect_in "to '$place'" ctl explain --client 10.0.0.11:50000 --vip "$VIP:80"
expect_undisturbed "$LAB_DIR/open" "$place"

# Switched off, nobody is followed; the open connection stays where it is.
set_automatic ""
expect 3 eval 'ask_many client-1 60 | sort -u | wc -l'
expect_undisturbed "$LAB_DIR/open" "$place"

# After its last connection has timed out a client is balanced anew, by turns; with linger it
# comes back.
set_automatic "{}"
wait_until 20 are_clients 1
for _ in {1..4}; do
  ask client-2
  wait_until 20 are_clients 1
done >"$LAB_DIR/anew"
check "four times anew, client-2 met several targets" is "$(sort -u "$LAB_DIR/anew" | wc -l) > 1"
set_automatic "{linger: 60s}"
ask client-2 >"$LAB_DIR/lingers"
for _ in 1 2; do
  wait_until 20 are_clients 1
  ask client-2
done >>"$LAB_DIR/lingers"
expect 1 eval 'sort -u "$LAB_DIR/lingers" | wc -l'

# Under load on both workers, and then nothing.
ask_many client-1 500 >/dev/null &
ask_many client-2 500 >/dev/null
wait $!
stop_processes "$open"
wait_until 30 are_clients 0
check "clients linger" is "$(metric holdfast_automatic_clients_kept) > 0"
set_automatic "{}"
wait_until 20 eval '[[ $(metric holdfast_automatic_clients_kept) == 0 ]]'
expect_metric 0 holdfast_automatic_full_total
