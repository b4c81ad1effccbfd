#!/bin/bash
# Packets in, verdict, packets out: the cases of packet_cases/, one after the other, through
# holdfastd over a TAP device and over af_packet; those of each directory below it with a
# configuration of its own. Clients and targets are MAC addresses that the player of the cases
# hears for: _packet_cases.py.
. "$(dirname "$0")/_lab.sh"
CASES=$LAB_SOURCES/packet_cases

cases() { in_host lb /usr/bin/python3 "$LAB_SOURCES/_packet_cases.py" "$@"; }
# play VERB DIRECTORY: of the player.
play() { cases "$1" "$2" "$player" "$(in_host lb cat "/sys/class/net/$device/address")" "$METRICS_URL"; }
memory() { awk '/^VmRSS/ {print $2}' "/proc/$BALANCER_PID/status"; }

# start_over DRIVER DIRECTORY: `device` is what the balancer has, `player` the other end of it.
start_over() {
  DRIVER=$1
  if [[ $DRIVER == tap ]]; then device=hftap0 player=hftap0; else device=lan0 player=wire0; fi
  cases configuration "$2" "$(device_of "$DRIVER")" "$GRPC_ADDRESS" "$METRICS_ADDRESS" >"$CONFIG"
  in_background lb "$LOG" "$HOLDFASTD" --config "$CONFIG"
  BALANCER_PID=$LAST_PID
  wait_until 20 balancer_serves_or_ended
  check "it serves over $DRIVER" is_running "$BALANCER_PID"
  # Frames that are longer than the balancer's port takes can come to it.
  ip -n "$LAB_ID-lb" link set "$device" mtu 9100
}

host_namespace lb
# The balancer's kernel interface may have IPv6 addresses; what no one gives one is silent.
in_host lb sysctl -qw net.ipv6.conf.default.disable_ipv6=0 net.ipv6.conf.default.addr_gen_mode=1
# What af_packet needs: both ends are here, and have no address.
ip -n "$LAB_ID-lb" address add "$MANAGEMENT_ADDRESS/32" dev lo
ip -n "$LAB_ID-lb" link add lan0 type veth peer name wire0
for interface in lan0 wire0; do
  in_host lb ethtool -K "$interface" tx off rx off sg off tso off gso off gro off >/dev/null
  ip -n "$LAB_ID-lb" link set "$interface" mtu 9100 up
done

start_over tap "$CASES"
play play "$CASES"
before=$(memory)
play again "$CASES"
check "what is dropped came once more, and memory has not grown by a megabyte" is "$(memory) < $before + 1024"
check "every drop reason has a case" cases coverage "$CASES" "$METRICS_URL"
stop_balancer

start_over af_packet "$CASES"
play whole "$CASES"
stop_balancer

for directory in "$CASES"/*/; do
  name=$(basename "$directory")
  echo "  $name:"
  start_over "$([[ $name == af_packet ]] && echo af_packet || echo tap)" "$directory"
  play play "$directory"
  stop_balancer
done
