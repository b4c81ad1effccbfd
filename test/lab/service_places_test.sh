#!/bin/bash
# Services with a range of ports, with every port, and with a prefix as VIP, next to each
# other: the most specific one has the connection. A VIP's port that no service has is
# refused as by any host. Rows: A1, P2, P4.
. "$(dirname "$0")/_lab.sh"

answer() { in_host client-1 curl -s --max-time 3 "http://$1/"; }
who() { answer "$1" | cut -d' ' -f1; }
# The exit status of curl: 7 is refused, 28 is timed out.
status_of() {
  local status=0
  in_host client-1 curl -s --max-time 1 -o /dev/null "http://$1/" || status=$?
  echo "$status"
}
# serve TARGET: the prefixes are its own, unheard by ARP; servers on all ports of this lab.
serve() {
  ip -n "$LAB_ID-$1" route add local 203.0.113.0/24 dev lo
  ip -n "$LAB_ID-$1" route add local 10.0.0.208/28 dev lo
  in_background "$1" "$LAB_DIR/$1.named" python3 "$LAB_SOURCES/_named_server.py" "$1" \
    22 7777 7999 8000 8500 8999 9000
}

lab_topology
for target in "${TARGETS[@]}"; do serve "$target"; done
for target in "${TARGETS[@]}"; do
  wait_until 10 in_host "$target" curl -sf -o /dev/null http://127.0.0.1:9000/
done
ip -n "$LAB_ID-client-1" route add 203.0.113.0/24 via "$BALANCER_ADDRESS"
write_config
cat >>"$CONFIG" <<YAML
  - {name: range, vip: $VIP, protocol: tcp, ports: [8000-8999], targets: [{target: web-1}]}
  - {name: named, vip: $VIP, protocol: tcp, ports: [8500], targets: [{target: web-2}]}
  - {name: every, vip: $VIP, protocol: tcp, ports: [all], targets: [{target: web-3}]}
  - {name: near, vip: 10.0.0.208/28, protocol: tcp, ports: [7777], targets: [{target: web-1}]}
  - name: routed
    vip: 203.0.113.0/24
    protocol: tcp
    ports: [all]
    targets: [{target: web-2}, {target: web-3}]
YAML
start_with_config

expect "web-1 $VIP:8000" answer "$VIP:8000"
expect "web-1 $VIP:8999" answer "$VIP:8999"
expect "web-2 $VIP:8500" answer "$VIP:8500"
expect "web-3 $VIP:7999" answer "$VIP:7999"
expect "web-3 $VIP:9000" answer "$VIP:9000"
expect_metric 2 holdfast_connection_requests_total service=range
expect_metric 1 holdfast_connection_requests_total service=named
expect_metric 2 holdfast_connection_requests_total service=every

# Prefixes: one in the subnet, found by ARP; one behind a route.
expect "web-1 10.0.0.208:7777" answer 10.0.0.208:7777
expect "web-1 10.0.0.223:7777" answer 10.0.0.223:7777
for host in 1 77 254; do
  expect "203.0.113.$host:22" eval 'answer "203.0.113.$host:22" | sed "s/^web-[23] //"'
done
expect_in "203.0.113.0/24" ctl service list
expect_in "8000-8999" ctl service list
expect routed eval 'ctl explain --client 10.0.0.11:20000 --vip 203.0.113.9:22 --json | jq -r .service'

# An affinity by any address of a prefix is the service's.
expect STARTED outcome_of ctl_from web-3 affinity start --vip 203.0.113.77 --protocol tcp \
  --client 10.0.0.11 --target web-3
for host in {1..20}; do who "203.0.113.$host:22"; done >"$LAB_DIR/names"
expect "web-3=20" eval 'tally <"$LAB_DIR/names"'
expect STARTED outcome_of ctl_from web-1 affinity start --vip "$VIP" --protocol tcp --port 8123 \
  --client 10.0.0.11 --target web-1
expect NOT_A_TARGET outcome_of ctl_from web-1 affinity start --vip "$VIP" --protocol tcp \
  --port 8500 --client 10.0.0.11 --target web-1

# No service at the port.
expect 7 status_of 10.0.0.209:22
expect_metric 1 holdfast_drops_total reason=no_service
expect_metric 1 holdfast_replies_total kind=tcp_reset

# Live.
expect_in "service range: ports 8000-8999 -> 8000-8099" ctl service update range --port 8000-8099
expect "web-3 $VIP:8999" answer "$VIP:8999"
echo "no_service: drop" >>"$CONFIG"
expect_in "no_service: reject -> drop" ctl config apply "$CONFIG"
expect "web-1 $VIP:8999" answer "$VIP:8999"
expect 28 status_of 10.0.0.209:22
expect_metric 1 holdfast_replies_total kind=tcp_reset
stop_balancer
