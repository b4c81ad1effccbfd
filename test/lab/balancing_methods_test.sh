#!/bin/bash
# Real connections by round_robin, least_connections, source_hash and hot_standby, while the
# method changes and an open connection stays. Rows: S, P1, P4.
. "$(dirname "$0")/_lab.sh"

use_method() {
  expect APPLIED eval "ctl service update web --method $1 --json | jq -r .outcome"
}

lab_topology
lab_start_balancer
keep_asking client-1 "$LAB_DIR/open"
wait_until 15 has_lines "$LAB_DIR/open" 1
read -r placed _ <"$LAB_DIR/open"

use_method round_robin
expect "web-1=30 web-2=30 web-3=30" eval 'ask_many client-1 90 | tally'
expect APPLIED eval 'ctl service weight web web-2 200 --json | jq -r .outcome'
expect "web-1=30 web-2=60 web-3=30" eval 'ask_many client-1 120 | tally'
expect_in "whose turn it is" ctl explain --client 10.0.0.11:50000 --vip "$VIP:80"

# Those of before are remembered and count: the one that had most gets nothing for now.
expect APPLIED eval 'ctl service weight web web-2 100 --json | jq -r .outcome'
use_method least_connections
before=$(metric holdfast_target_connections target=web-2)
first=$(metric holdfast_target_connections target=web-1)
check "web-2 has $before, web-1 $first" is "$before > $first"
ask_many client-1 40 >"$LAB_DIR/fewest"
check "none of 40 goes to web-2" eval '! grep -q web-2 "$LAB_DIR/fewest"'
ask_many client-1 160 >/dev/null
least=$(for target in "${TARGETS[@]}"; do metric holdfast_target_connections "target=$target"; done |
  sort -n | sed -n "1p;3p" | paste -sd" ")
check "after 160 more they are level: $least" is "${least#* } - ${least% *} <= 2"

use_method source_hash
check "a client meets one target" is "$(ask_many client-2 30 | sort -u | wc -l) == 1"

sed -i "s/    ports: \[80\]/&\n    method: hot_standby/" "$CONFIG"
sed -i "0,/targets: .*web-2}.*/s//targets: [{target: web-1, rank: 2}, {target: web-2}, {target: web-3, rank: 3}]/" "$CONFIG"
expect APPLIED eval 'ctl config apply "$CONFIG" --json | jq -r .outcome'
expect "web-2=20" eval 'ask_many client-1 20 | tally'
expect DOWN eval 'ctl target down web-2 --service web --json | jq -r .target.state'
expect "web-1=20" eval 'ask_many client-1 20 | tally'
expect UP eval 'ctl target up web-2 --service web --json | jq -r .target.state'
expect "web-2=20" eval 'ask_many client-1 20 | tally'
expect_undisturbed "$LAB_DIR/open" "$placed"
