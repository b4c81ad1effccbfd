#!/bin/bash
# Every kind of bad input is dropped under its name and counted, what is only odd
# goes through, and the balancer serves on as if nothing had been. What each kind
# is and must become: bad_input_lab.py.
. "$(dirname "$0")/_lab.sh"

# drops FILE: "reason count" lines of an exposition, without zeros.
drops() {
  sed -n 's/^holdfast_drops_total{.*reason="\([^"]*\)".* \([^ ]*\)$/\1 \2/p' "$1" |
    awk '{count[$1] += $2} END {for (reason in count) if (count[reason]) print reason, count[reason]}' |
    sort
}
new_drops() { # since metrics.before
  awk 'FILENAME == ARGV[1] {before[$1] = $2; next} $2 > before[$1] {print $1, $2 - before[$1]}' \
    <(drops "$LAB_DIR/metrics.before") <(drops "$LAB_DIR/metrics")
}
# The same as the report wants it.
wanted_drops() {
  jq -r '[.[] | select(.drop and .sent > 0)] | group_by(.drop)[] |
         "\(.[0].drop) \(map(.sent) | add)"' "$LAB_DIR/report" | sort
}
all_counted() {
  scrape >"$LAB_DIR/metrics"
  diff <(wanted_drops) <(new_drops) >"$LAB_DIR/difference"
}

# send_bad_input OPTION...: which kinds.
send_bad_input() {
  scrape >"$LAB_DIR/metrics.before"
  in_host client-1 /usr/bin/python3 "$LAB_SOURCES/bad_input_lab.py" lan0 \
    --own-mac "$(in_host client-1 cat /sys/class/net/lan0/address)" --balancer-mac "$mac" \
    --client 10.0.0.11 --vip "$VIP" --port 80 "$@" >"$LAB_DIR/report"
  [[ -z $(drops "$LAB_DIR/metrics.before") ]] || fail "good packets were dropped: $(drops "$LAB_DIR/metrics.before")"
  jq -r '.[] | select(.refused > 0) | "  the link refused \(.refused) of \(.kind)"' "$LAB_DIR/report"
}

check_all_counted() {
  local turn
  for ((turn = 0; turn < 20; turn++)); do
    if all_counted; then break; fi
    sleep 0.1
  done
  check "each of $(jq length "$LAB_DIR/report") kinds is counted under its name" \
    eval 'all_counted || { cat "$LAB_DIR/difference"; false; }'
}

serves_on() {
  check "it lives" is_running "$BALANCER_PID"
  ask_many client-1 60 | check_shares 6 54
  check "it answers ping" in_host client-1 ping -q -c 1 -W 5 "$VIP"
}

# Frames that are longer than the balancer's port takes can come to it.
allow_long_frames() {
  ip -n "$LAB_ID-client-1" link set lan0 mtu 9100
  ip -n "$LAB_ID-switch" link set client-1.lan mtu 9100
  ip -n "$LAB_ID-switch" link set lb.lan mtu 9100
  ip -n "$LAB_ID-lb" link set lan0 mtu 9100
}

# Some bad ARP would mislead targets; then they broadcast what is for the client.
targets_know_the_client() {
  local target mac
  mac=$(in_host client-1 cat /sys/class/net/lan0/address)
  for target in "${TARGETS[@]}"; do
    ip -n "$LAB_ID-$target" neighbour replace 10.0.0.11 lladdr "$mac" dev lan0 nud permanent
  done
}

start_for_bad_input() { # DRIVER, INTERFACE with the balancer's MAC address
  DRIVER=$1
  write_config
  sed -i 's/ports: \[9000\]/ports: [80]/' "$CONFIG"
  start_with_config
  allow_long_frames
  ip -n "$LAB_ID-client-1" neighbour flush dev lan0 # each driver has a MAC address of its own
  ask_many client-1 60 | check_shares 6 54
  mac=$(in_host lb cat "/sys/class/net/$2/address")
}

lab_topology
targets_know_the_client

start_for_bad_input af_packet lan0
before=$(metric holdfast_packets_total step=balanced)
send_bad_input --without '*fragment*'
check_all_counted
check "what is only odd went to a target" \
  is "$(metric holdfast_packets_total step=balanced) >= $before + 2"
serves_on
stop_balancer

# Through af_packet fragments do not come: the kernel puts them together first.
start_for_bad_input tap hftap0
send_bad_input --only '*fragment*'
check_all_counted
serves_on
