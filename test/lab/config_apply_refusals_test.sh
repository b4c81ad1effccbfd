#!/bin/bash
# A dry run shows what would change and changes nothing. A file with mistakes, or with
# what cannot change live, is refused as a whole: each is named, nothing has changed. A
# target that is removed is gone for its connections and its affinities. Rows: P6, A21.
. "$(dirname "$0")/_lab.sh"

# changed SED-SCRIPT...: $LAB_DIR/next.yaml, the configuration that holds with changes.
changed() { sed "$@" "$CONFIG" >"$LAB_DIR/next.yaml"; }

# apply STATUS TEXT... [-- OPTION...]: config apply ends with it and says each text.
apply() {
  local wanted=$1 status=0 text
  local -a texts=()
  shift
  while (($# > 0)) && [[ $1 != -- ]]; do
    texts+=("$1")
    shift
  done
  ctl config apply "$LAB_DIR/next.yaml" "${@:2}" >"$LAB_DIR/said" 2>&1 || status=$?
  ((status == wanted)) || fail "status $status, not $wanted: $(<"$LAB_DIR/said")"
  for text in "${texts[@]}"; do
    grep -qF -- "$text" "$LAB_DIR/said" || fail "'$text' is not in: $(<"$LAB_DIR/said")"
  done
  echo "  ok: status $status, it says: ${texts[*]}"
}

# What operators and workers see of the configuration.
state() {
  ctl service list
  ctl target list
  metric holdfast_snapshots_published_total
}
nothing_changed() { check "nothing has changed" diff "$LAB_DIR/state" <(state); }

lab_topology
lab_start_balancer
state >"$LAB_DIR/state"

changed -e 's/{target: web-1}/{target: web-1, weight: 50}/' -e '/name: web-3/d' \
  -e 's/, {target: web-3}//'
apply 0 "target web-3: removed" "service web: target web-1: weight 100 -> 50" \
  "service echo: target web-3: removed" "WOULD_APPLY: 5 changes can be applied" -- --dry-run
nothing_changed
changed -e ''
apply 0 "UNCHANGED"
nothing_changed

changed -e 's/10.0.0.102/10.0.0.300/' -e 's/ports: \[80\]/ports: [0]/' -e '/name: web-3/d'
apply 2 "next.yaml:14: targets[1].address: '10.0.0.300': not an IPv4 or IPv6 address" \
  "services[0].ports[0]: '0': must be 1 to 65535" \
  "'web-3': is not the name of a target" "MISTAKES: 4 mistakes; nothing has changed"
nothing_changed
echo "ports: [" >"$LAB_DIR/next.yaml"
apply 2 "next.yaml:2: not YAML"
nothing_changed

changed -e 's/workers: \[0\]/workers: [0, 1]/' -e 's/per_worker: 65536/per_worker: 131072/' \
  -e "s|/24\]}|/24], mtu: 9000}|" -e 's/memory_mb: 64/memory_mb: 128/' -e '/name: web-3/d' \
  -e 's/, {target: web-3}//'
apply 1 "cores.workers: 0 -> 0, 1" "connections.per_worker: 65536 -> 131072" \
  "ports[0].mtu: 1500 -> 9000" "eal.memory_mb: 64 -> 128" "NEEDS_RESTART" "target web-3: removed"
nothing_changed
apply 1 "NEEDS_RESTART" -- --dry-run
expect NEEDS_RESTART outcome_of ctl config apply "$LAB_DIR/next.yaml"
nothing_changed

# An open connection of a target that is removed is reset, its affinities end; the others
# do not notice.
keep_asking client-1 "$LAB_DIR/open.1"
keep_asking client-2 "$LAB_DIR/open.2"
wait_until 15 has_lines "$LAB_DIR/open.1" 3
wait_until 15 has_lines "$LAB_DIR/open.2" 3
read -r gone _ <"$LAB_DIR/open.1"
kept=$(another_target "$gone")
expect STARTED outcome_of start_affinity "$gone" 10.0.0.11
expect STARTED outcome_of start_affinity "$kept" 10.0.0.12
changed -e "/name: $gone/d" -e "s/{target: $gone}, //" -e "s/, {target: $gone}//"
apply 0 "target $gone: removed" "APPLIED" "1 affinities have lost their place and ended"
expect_metric 1 holdfast_affinities_orphaned_total reason=target_removed
expect "$kept" eval 'ctl affinity list --json | jq -r ".affinities[].target"'
ask_many client-1 60 >"$LAB_DIR/names"
check_fails "$gone gets no new connection" grep "$gone" "$LAB_DIR/names"
expect 60 grep -c web- "$LAB_DIR/names"
# keep_asking's curl opened a new connection, to another target.
wait_until 15 eval 'tail -n 1 "$LAB_DIR/open.1" | grep -qv "$gone"'
expect "$kept=20" eval 'ask_many client-2 20 | tally'
expect_in "no target is called '$gone'" start_affinity "$gone" 10.0.0.11

# It comes back under its old name, with another handle, and takes part again.
changed -e ''
apply 0 "target $gone: added" "APPLIED"
wait_until 10 eval '[[ $(ask_many client-1 30) == *"$gone"* ]]'

stop_balancer
changed -e ''
apply 3 "cannot reach the balancer"
