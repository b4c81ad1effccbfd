#!/bin/bash
# Packets in, verdict, packets out: the cases of packet_cases/*.yaml, one after the other,
# through holdfastd over a TAP device, where fragments come as they were sent. Clients and
# targets are MAC addresses that the player of the cases hears for: _packet_cases.py.
. "$(dirname "$0")/_lab.sh"
DRIVER=tap

host_namespace lb
ip -n "$LAB_ID-lb" address add "$MANAGEMENT_ADDRESS/32" dev lo
/usr/bin/python3 "$LAB_SOURCES/_packet_cases.py" configuration \
  "$LAB_SOURCES/packet_cases" "$GRPC_ADDRESS" "$METRICS_ADDRESS" >"$CONFIG"
in_background lb "$LOG" "$HOLDFASTD" --config "$CONFIG"
BALANCER_PID=$LAST_PID
wait_until 20 balancer_serves_or_ended
check "it serves" is_running "$BALANCER_PID"
ip -n "$LAB_ID-lb" link set hftap0 mtu 9100

memory() { awk '/^VmRSS/ {print $2}' "/proc/$BALANCER_PID/status"; }
# play VERB: of the player.
play() {
  in_host lb /usr/bin/python3 "$LAB_SOURCES/_packet_cases.py" "$1" \
    "$LAB_SOURCES/packet_cases" hftap0 "$METRICS_URL"
}
play play
before=$(memory)
play again
check "what is dropped came once more, and memory has not grown by a megabyte" is "$(memory) < $before + 1024"
stop_balancer
