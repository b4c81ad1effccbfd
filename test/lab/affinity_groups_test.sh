#!/bin/bash
# A target starts an affinity with a whole subnet of clients: each of them reaches it. A part
# that is cut out is balanced again, another target can have it, and one end takes all that is
# inside. Rows: A8, A12, A13, A19, P2.
. "$(dirname "$0")/_lab.sh"

group() { # start|end TARGET PREFIX OPTION...
  ctl_from "$2" affinity "$1" --vip "$VIP" --port 80 --client "$3" --target "$2" "${@:4}"
}

lab_topology
write_config
sed -i 's/^  - name: web$/&\n    affinity: {widest_ipv4_prefix: 20}/' "$CONFIG"
start_with_config

# Both clients (10.0.0.11 and .12) are in the group.
expect STARTED outcome_of group start web-2 10.0.0.0/24
expect "web-2=20" eval 'ask_many client-1 20 | tally'
expect "web-2=20" eval 'ask_many client-2 20 | tally'
expect COVERED outcome_of group start web-2 10.0.0.11
expect OWNED_BY_OTHER outcome_of group start web-3 10.0.0.11
expect PREFIX_TOO_WIDE outcome_of group start web-3 10.0.0.0/16

# A part of it is let go.
expect NOT_ENDED_COVERED outcome_of group end web-2 10.0.0.12/30
expect ENDED outcome_of group end web-2 10.0.0.12/30 --allow-partial
ask_many client-2 90 | check_shares 9 81
expect "web-2=20" eval 'ask_many client-1 20 | tally'
check "the list shows the hole" eval 'ctl affinity list --client 10.0.0.12 | grep -q "10.0.0.12/30 .* not web-2"'
check "explain says that it was cut out" eval \
  'ctl explain --client 10.0.0.12:40000 --vip "$VIP:80" | grep -q "it was cut out"'
expect STARTED outcome_of group start web-3 10.0.0.12
expect "web-3=20" eval 'ask_many client-2 20 | tally'
expect ENDED outcome_of group end web-3 10.0.0.12
expect RENEWED outcome_of group start web-2 10.0.0.12/30 # exactly the part: the hole is closed
expect "web-2=20" eval 'ask_many client-2 20 | tally'
expect_metric 1 holdfast_affinities service=web target=web-2

# All that is inside ends at once.
expect ENDED outcome_of group end web-2 10.0.0.0/24
expect STARTED outcome_of group start web-2 10.0.0.11
expect STARTED outcome_of group start web-2 10.0.0.12
expect ENDED outcome_of group end web-2 10.0.0.0/24 --include-narrower
expect_metric 0 holdfast_affinities service=web
ask_many client-1 90 | check_shares 9 81

# One that its connections keep alive, and one that they do not.
expect STARTED outcome_of group start web-1 10.0.0.11 --duration 2s --extend-on-connection
expect STARTED outcome_of group start web-1 10.0.0.12 --duration 2s
serves() { (($(ask_many client-1 1 | tally | grep -c '^web-1=1$'))); }
ended() { [[ $(metric holdfast_affinities_expired_total) == 1 ]]; }
wait_until 10 eval 'serves || fail "it ended though it served"; ended'
check "what serves stands" eval 'ctl affinity list | grep -q "10.0.0.11 "'
two_ended() { [[ $(metric holdfast_affinities_expired_total) == 2 ]]; }
wait_until 10 two_ended # nobody asks: it ends
