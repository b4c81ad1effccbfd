#!/bin/bash
# What explain says of a connection is where it then goes: balanced, held, open, refused,
# for nobody; and its words name the reason. Nothing is sent for it. Rows: O, P1, P2, P4, P6.
. "$(dirname "$0")/_lab.sh"
WORKERS="0, 1"

# explain PORT [MORE...]: of a connection of client-1, as JSON.
explain() {
  local port=$1
  shift
  ctl explain --client "10.0.0.11:$port" --vip "$VIP:80" --json "$@"
}
# said_of PORT...: "port name" lines, as ask_from's.
said_of() {
  local port
  for port; do echo "$port $(explain "$port" | jq -r .verdict.way.target)"; done
}
decided_by() { explain "$@" | jq -r '[.findings[] | select(.answer == "DECIDES") | .row] | join(" ")'; }

lab_topology
lab_start_balancer

# Balanced: what was said before is what happens.
said_of {20001..20010} >"$LAB_DIR/said"
expect_metric 0 holdfast_connection_requests_total
ask_from client-1 {20001..20010} >"$LAB_DIR/seen"
check "ten connections went where explain said" diff "$LAB_DIR/said" "$LAB_DIR/seen"
expect P4 decided_by 20021
check "it knows the target's MAC" eval '[[ $(explain 20021 | jq -r .verdict.way.mac) == *:*:* ]]'

# Held, and what is open is told to stay.
keep_asking client-1 "$LAB_DIR/open"
wait_until 15 has_lines "$LAB_DIR/open" 1
read -r placed _ <"$LAB_DIR/open"
port=$(in_host client-1 ss -Htn state established dst "$VIP" | awk 'NR == 1 {sub(".*:", "", $3); print $3}')
owner=$(another_target "$placed")
expect STARTED outcome_of start_affinity "$owner" 10.0.0.11
expect P2 decided_by 20021
expect "$owner" eval 'explain 20021 | jq -r .verdict.way.target'
expect P1 decided_by "$port" --packet data
expect "$placed $owner NOT_REACHED" eval 'explain "$port" --packet data | jq -r \
  ".verdict.way.target + \" \" + (.findings[] | select(.row == \"P2\") | .target + \" \" + .answer)"'
expect_in "of target '$owner'" ctl explain --client 10.0.0.11:20021 --vip "$VIP:80"
expect "$owner=10" eval 'ask_from client-1 {20031..20040} | names_only | tally'

# Refused, and for nobody.
expect ENDED outcome_of end_affinity "$owner" 10.0.0.11
for target in "${TARGETS[@]}"; do ctl target drain "$target" >/dev/null; done
expect "REFUSED tcp_reset" eval 'explain 20021 | jq -r ".verdict.outcome + \" \" + .verdict.reply"'
expect P6 decided_by 20021
expect no_service eval 'ctl explain --client 10.0.0.11:20021 --vip "$VIP:81" --json | jq -r .verdict.drop_reason'
expect martian_source eval 'ctl explain --client 127.0.0.1:20021 --vip "$VIP:80" --json | jq -r .verdict.drop_reason'
expect_undisturbed "$LAB_DIR/open" "$placed"
expect_metric 0 holdfast_drops_total reason=no_target
expect_metric 0 holdfast_drops_total reason=martian_source
